/** Words that cameras commonly report of vehicles, to choose from; any other word can be typed. */

/** Makes in the service's words, each with models. */
const MODELS: Record<string, string> = {
	bmw: '3 series,5 series,x3,x5',
	chevrolet: 'equinox,express,malibu,silverado,tahoe',
	dodge: 'charger,durango',
	ford: 'escape,explorer,f-150,fusion,mustang,transit',
	gmc: 'sierra,yukon',
	honda: 'accord,civic,cr-v,odyssey,pilot',
	hyundai: 'elantra,sonata,tucson',
	jeep: 'cherokee,grand cherokee,wrangler',
	kia: 'forte,sorento,sportage',
	'mercedes-benz': 'c-class,e-class,sprinter',
	nissan: 'altima,frontier,rogue,sentra',
	ram: '1500,promaster',
	subaru: 'forester,outback',
	tesla: 'model 3,model y',
	toyota: 'camry,corolla,highlander,prius,rav4,sienna,tacoma',
	volkswagen: 'jetta,tiguan',
};

/** Colours with what they look like in daylight: paint, not the page's own colours. */
export const COLOURS: readonly { value: string; paint: string }[] = [
	{ value: 'white', paint: '#f5f6f7' },
	{ value: 'black', paint: '#16181b' },
	{ value: 'gray', paint: '#71767a' },
	{ value: 'silver', paint: '#c6cace' },
	{ value: 'blue', paint: '#2a5db0' },
	{ value: 'red', paint: '#b3202c' },
	{ value: 'green', paint: '#2f7d4f' },
	{ value: 'brown', paint: '#6b4a2b' },
	{ value: 'beige', paint: '#d9c7a3' },
	{ value: 'orange', paint: '#e0701a' },
	{ value: 'yellow', paint: '#f2c522' },
];

const CAPITALS = new Set(['bmw', 'gmc']);

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export const makeWord = (make: string): string => {
	const word = make.trim().toLowerCase();
	return CAPITALS.has(word)
		? word.toUpperCase()
		: word
				.split(/(?<=[\s-])/)
				.map(capital)
				.join('');
};

export const modelWord = (model: string): string =>
	model
		.trim()
		.split(/(?<=[\s-])/)
		.map(capital)
		.join('');
export const colourWord = (colour: string): string => colour.trim().toLowerCase();

export const MAKES: readonly string[] = Object.keys(MODELS);

/** Models of a make; of all makes where none is chosen. */
export function modelsOf(make: string): string[] {
	const own = MODELS[make.trim().toLowerCase()];
	const all = own === undefined ? Object.values(MODELS).join(',') : own;
	return make.trim() === '' || own !== undefined ? all.split(',').toSorted() : [];
}
