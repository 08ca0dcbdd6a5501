/** Pictures that the map's layers use, painted here: nothing is fetched for them. */
import type { Map as MapLibre } from 'maplibre-gl';
import { letterImage, PILL } from './overlay';
import type { Palette } from './palette';

/** Painted for the densest screens; drawn smaller elsewhere. */
const RATIO = 2;

interface Picture {
	image: ImageData;
	stretch?: [number, number];
}

function painted(size: number, radius: number, fill: string, edge: string, line: number): Picture {
	const side = size * RATIO;
	const canvas = document.createElement('canvas');
	canvas.width = canvas.height = side;
	const pen = canvas.getContext('2d')!;
	const inset = (line * RATIO) / 2;
	pen.beginPath();
	pen.roundRect(inset, inset, side - 2 * inset, side - 2 * inset, radius * RATIO);
	pen.fillStyle = fill;
	pen.fill();
	pen.lineWidth = line * RATIO;
	pen.strokeStyle = edge;
	pen.stroke();
	const middle = side / 2;
	return { image: pen.getImageData(0, 0, side, side), stretch: [middle - 1, middle + 1] };
}

/** Adds the pictures of a scheme, or puts them in the place of another scheme's. */
export function paintImages(map: MapLibre, colours: Palette): void {
	const set = (name: string, { image, stretch }: Picture, stretches: boolean) => {
		if (map.hasImage(name)) map.removeImage(name);
		map.addImage(name, image, {
			pixelRatio: RATIO,
			...(stretches && stretch
				? { stretchX: [stretch], stretchY: [stretch], content: [12, 8, 36, 40] as [number, number, number, number] }
				: {}),
		});
	};
	colours.areas.forEach((colour, area) => set(letterImage(area), painted(20, 3, colour, colours.pane, 1.5), false));
	set(PILL, painted(24, 11, colours.accent, colours.pane, 2), true);
}
