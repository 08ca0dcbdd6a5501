/**
 * The map's own colours. They are here and not in styles/tokens.css because the map is painted by WebGL, which cannot
 * read CSS. What stands for the same thing on both sides (areas, accent, panes) has the same value; a test compares them.
 */

export interface Palette {
	land: string;
	water: string;
	park: string;
	building: string;
	buildingEdge: string;
	/** Ground of buildings that people know, by what they are. */
	landmark: {
		school: string;
		health: string;
		public: string;
		faith: string;
		trade: string;
		sport: string;
		transport: string;
	};
	landmarkEdge: string;
	graticule: string;
	street: { freeway: string; arterial: string; collector: string; residential: string };
	casing: { freeway: string; arterial: string; collector: string; residential: string };
	text: { street: string; freeway: string; place: string; water: string; park: string; landmark: string };
	halo: string;
	/** Our own marks. */
	pane: string;
	ink: string;
	quiet: string;
	accent: string;
	accentStrong: string;
	camera: string;
	/** Text on a filled mark. */
	onMark: string;
	cells: [string, string, string, string, string];
	areas: string[];
	/** Outlines of areas; the area colours themselves are too dark for lines on a dark ground. */
	areaLines: string[];
	raster: { brightness: number; saturation: number };
}

const AREAS = ['#2672de', '#c05600', '#008817', '#8e3dbf', '#b50909', '#0f6460', '#a2306b', '#5c4809'];

export const LIGHT: Palette = {
	land: '#edede8',
	water: '#bfd8e6',
	park: '#d3e5c9',
	building: '#e1e0da',
	buildingEdge: '#d3d1ca',
	landmark: {
		school: '#efe6cd',
		health: '#f3dedb',
		public: '#dfe3ec',
		faith: '#e7e0ec',
		trade: '#f3e7d4',
		sport: '#d9e8cf',
		transport: '#dfe2e5',
	},
	landmarkEdge: '#d3cfc6',
	graticule: '#d5d8da',
	street: { freeway: '#f6d795', arterial: '#fffdf5', collector: '#ffffff', residential: '#ffffff' },
	casing: { freeway: '#d2a04a', arterial: '#c2bdb0', collector: '#cfccc4', residential: '#d8d6cf' },
	text: {
		street: '#4d535b',
		freeway: '#6b4a10',
		place: '#2e3237',
		water: '#33658a',
		park: '#376b33',
		landmark: '#6b5b45',
	},
	halo: '#ffffff',
	pane: '#ffffff',
	ink: '#1c1d1f',
	quiet: '#565c65',
	accent: '#005ea2',
	accentStrong: '#0b4778',
	camera: '#565c65',
	onMark: '#ffffff',
	cells: ['#cfe8ff', '#8ec5f2', '#4f97d1', '#2267a5', '#0b3d68'],
	areas: AREAS,
	areaLines: AREAS,
	raster: { brightness: 1, saturation: -0.35 },
};

export const DARK: Palette = {
	land: '#22282e',
	water: '#10283a',
	park: '#20372b',
	building: '#2c323a',
	buildingEdge: '#363d47',
	landmark: {
		school: '#332f22',
		health: '#372827',
		public: '#272d3b',
		faith: '#2f2a38',
		trade: '#352d22',
		sport: '#22352a',
		transport: '#2b3036',
	},
	landmarkEdge: '#3c4048',
	graticule: '#333a43',
	street: { freeway: '#7d6330', arterial: '#545e6a', collector: '#464f5a', residential: '#3b434d' },
	casing: { freeway: '#15181c', arterial: '#14171b', collector: '#171a1f', residential: '#191d22' },
	text: {
		street: '#b3bac2',
		freeway: '#ecd6a2',
		place: '#dfe3e7',
		water: '#7fb2d6',
		park: '#86b98e',
		landmark: '#c0b299',
	},
	halo: '#14181d',
	pane: '#1a1e24',
	ink: '#edeff0',
	quiet: '#a9aeb1',
	accent: '#73b3e7',
	accentStrong: '#aacdec',
	camera: '#a9aeb1',
	onMark: '#0e1620',
	cells: ['#1d4263', '#2b6594', '#468dc2', '#7db7e6', '#c9e4fb'],
	areas: AREAS,
	areaLines: ['#6ea2f0', '#f08a3c', '#4fbb5e', '#c18be6', '#ff7a6b', '#4bb3ab', '#e58ab6', '#c9ae5c'],
	raster: { brightness: 0.62, saturation: -0.5 },
};
