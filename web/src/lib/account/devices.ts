/** Browsers describe themselves at length; people know them by name. */
const BROWSERS: [RegExp, string][] = [
	[/Edg\//, 'Edge'],
	[/Firefox\//, 'Firefox'],
	[/Chrome\//, 'Chrome'],
	[/Safari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
	[/iPhone|iPad/, 'iOS'],
	[/Android/, 'Android'],
	[/Windows/, 'Windows'],
	[/Mac OS X/, 'macOS'],
	[/Linux|X11/, 'Linux'],
];

/** A short name of a device, or what it said of itself. */
export function deviceName(said: string): string {
	const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(said))?.[1];
	const browser = find(BROWSERS);
	const system = find(SYSTEMS);
	return browser ? browser + (system ? ` on ${system}` : '') : said;
}
