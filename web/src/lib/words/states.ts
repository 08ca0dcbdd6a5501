/** Issuing states and regions, ISO 3166-2, as plates in North America carry them. */

const US =
	'AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,PR Puerto Rico,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming';
const CA =
	'AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,NL Newfoundland and Labrador,NS Nova Scotia,NT Northwest Territories,NU Nunavut,ON Ontario,PE Prince Edward Island,QC Quebec,SK Saskatchewan,YT Yukon';
const MX =
	'AGU Aguascalientes,BCN Baja California,BCS Baja California Sur,CAM Campeche,CHH Chihuahua,CHP Chiapas,CMX Ciudad de México,COA Coahuila,COL Colima,DUR Durango,GRO Guerrero,GUA Guanajuato,HID Hidalgo,JAL Jalisco,MEX México,MIC Michoacán,MOR Morelos,NAY Nayarit,NLE Nuevo León,OAX Oaxaca,PUE Puebla,QUE Querétaro,ROO Quintana Roo,SIN Sinaloa,SLP San Luis Potosí,SON Sonora,TAB Tabasco,TAM Tamaulipas,TLA Tlaxcala,VER Veracruz,YUC Yucatán,ZAC Zacatecas';

export interface StateName {
	code: string;
	name: string;
}

const read = (country: string, list: string): StateName[] =>
	list.split(',').map((line) => {
		const [code, ...name] = line.split(' ');
		return { code: `${country}-${code}`, name: name.join(' ') };
	});

export const STATES: { country: string; states: StateName[] }[] = [
	{ country: 'United States', states: read('US', US) },
	{ country: 'Canada', states: read('CA', CA) },
	{ country: 'Mexico', states: read('MX', MX) },
];

const names = new Map(STATES.flatMap(({ states }) => states.map(({ code, name }) => [code, name])));

/** `California`; a code that is not in the list stays as it is. */
export const stateName = (code: string): string => names.get(code) ?? code;

/** `CA` of `US-CA`, for beside a plate; other countries keep theirs: `MX-BCN`. */
export const stateShort = (code: string): string => code.replace(/^US-/, '');
