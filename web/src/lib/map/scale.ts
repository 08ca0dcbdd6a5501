/** The scale bar: round lengths in metres and in feet or miles. */
import { metres } from '../words/numbers';

const FOOT = 0.3048;
const MILE = 1609.344;

export interface ScaleBar {
	text: string;
	/** Pixels. */
	width: number;
}

/** The largest of 1, 2, 5, 10, ... that is no more than `most`. */
function round(most: number): number {
	const power = 10 ** Math.floor(Math.log10(most));
	return power * ([5, 2, 1].find((digit) => digit * power <= most) ?? 1);
}

/** Bars of at most `pixels`, for a map on which a pixel is so many metres. */
export function scaleBars(metresPerPixel: number, pixels: number): { metric: ScaleBar; imperial: ScaleBar } {
	const most = metresPerPixel * pixels;
	const metric = round(most);
	const inMiles = most >= MILE;
	const count = round(most / (inMiles ? MILE : FOOT));
	const imperial = count * (inMiles ? MILE : FOOT);
	return {
		metric: { text: metres(metric), width: metric / metresPerPixel },
		imperial: { text: `${count.toLocaleString('en-US')} ${inMiles ? 'mi' : 'ft'}`, width: imperial / metresPerPixel },
	};
}
