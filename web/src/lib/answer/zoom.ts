/** Where a photo lies on its stage: scale 1 fits it, x and y move its centre, in pixels of the stage. */
export interface Zoom {
	scale: number;
	x: number;
	y: number;
}

export const FIT: Zoom = { scale: 1, x: 0, y: 0 };
const SCALE_MAX = 16;

/** Zooms by a factor; the point (from the stage's centre) stays under the finger. */
export function zoomed(
	{ scale, x, y }: Zoom,
	factor: number,
	at: { x: number; y: number },
	stage: { width: number; height: number },
): Zoom {
	const next = Math.min(SCALE_MAX, Math.max(1, scale * factor));
	const by = next / scale;
	return kept({ scale: next, x: at.x - (at.x - x) * by, y: at.y - (at.y - y) * by }, stage);
}

/** Moved no further than until the photo's edge is at the stage's. */
export function kept({ scale, x, y }: Zoom, { width, height }: { width: number; height: number }): Zoom {
	const [most, highest] = [((scale - 1) * width) / 2, ((scale - 1) * height) / 2];
	return { scale, x: Math.min(most, Math.max(-most, x)), y: Math.min(highest, Math.max(-highest, y)) };
}
