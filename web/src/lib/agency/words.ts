/** Words of roles, permissions and sources as people read them; the values are the API's. */

export const PERMISSIONS: readonly { value: string; label: string; short: string }[] = [
	{ value: 'full', label: 'Full plate', short: 'Plate' },
	{ value: 'partial', label: 'Partial plate', short: 'Partial' },
	{ value: 'make-model', label: 'Make and model', short: 'Vehicle' },
	{ value: 'area', label: 'Area', short: 'Area' },
	{ value: 'common', label: 'Common plates', short: 'Common' },
	{ value: 'movement', label: 'Movement', short: 'Movement' },
	{ value: 'photo', label: 'Ask by photo', short: 'Photo' },
	{ value: 'mobile', label: 'Phone', short: 'Phone' },
	{ value: 'export', label: 'Export', short: 'Export' },
];

export const ROLES: readonly { value: string; label: string }[] = [
	{ value: 'criminal-investigator', label: 'Criminal investigator' },
	{ value: 'task-force-officer', label: 'Task force officer' },
	{ value: 'criminal-analyst', label: 'Criminal analyst' },
	{ value: 'investigative-assistant', label: 'Investigative assistant' },
	{ value: 'patrol-officer', label: 'Patrol officer' },
	{ value: 'supervisor', label: 'Supervisor' },
	{ value: 'agency-manager', label: 'Agency manager' },
	{ value: 'privacy-officer', label: 'Privacy officer' },
	{ value: 'data-steward', label: 'Data steward' },
];

export const SOURCES: readonly { value: string; label: string }[] = [
	{ value: 'pole', label: 'Pole' },
	{ value: 'vehicle-mounted', label: 'Vehicle-mounted' },
	{ value: 'handheld', label: 'Handheld' },
	{ value: 'toll-road', label: 'Toll road' },
	{ value: 'parking-lot', label: 'Parking lot' },
	{ value: 'repossession', label: 'Repossession' },
];

/** What a recipient lets the owner of shared detections see of its use. */
export const TELLS_USE: readonly { value: string; label: string }[] = [
	{ value: 'nothing', label: 'Nothing' },
	{ value: 'numbers', label: 'Numbers by kind of question' },
	{ value: 'units', label: 'Numbers by unit' },
	{ value: 'people', label: 'Numbers by person' },
];

const find = (list: readonly { value: string; label: string }[], value: string): string =>
	list.find((one) => one.value === value)?.label ?? value;

export const roleWord = (value: string): string => find(ROLES, value);
export const permissionWord = (value: string): string => find(PERMISSIONS, value);
export const sourceWord = (value: string): string => find(SOURCES, value);

/** Profiles that a preset tells apart; others can be typed. */
export const PROFILES: Record<string, readonly string[]> = {
	'pia-039b': ['investigations', 'enforcement', 'default'],
	open: ['default'],
};
export const tellsUseWord = (value: string): string => find(TELLS_USE, value);
