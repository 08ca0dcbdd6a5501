/** Terra Draw with our looks: what is being drawn or edited, one thing at a time. Loaded together with the map. */
import type { Map as MapLibre } from 'maplibre-gl';
import {
	TerraDraw,
	TerraDrawCircleMode,
	TerraDrawLineStringMode,
	TerraDrawModeUndoRedo,
	TerraDrawPolygonMode,
	TerraDrawRectangleMode,
	TerraDrawSelectMode,
	type GeoJSONStoreFeatures,
	type HexColor,
	type TerraDrawKeyboardEvent,
	type TerraDrawMouseEvent,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import type { LonLat } from './areas.svelte';
import { CIRCLE_CORNERS } from './geometry';
import { DARK, LIGHT, type Palette } from './palette';

/** Digits of a degree: about a centimetre, as the service keeps places. */
const PRECISION = 7;
/** How near a click must be to a corner, in pixels. */
const NEAR_CORNER = 14;
const NEAR_CORNER_FINGER = 28;

/** What Terra Draw calls the modes. */
export type Mode = 'static' | 'select' | 'polygon' | 'rectangle' | 'circle' | 'linestring';

interface Keyed {
	onClick: (event: TerraDrawMouseEvent) => void;
	onMouseMove: (event: TerraDrawMouseEvent) => void;
	onKeyUp: (event: TerraDrawKeyboardEvent) => void;
}

export interface Terra {
	draw: TerraDraw;
	/** The mode in use, for keys: what a click, a move or a key would do there. Null in modes that only look. */
	keyed: (mode: string) => Keyed | null;
	setDark: (dark: boolean) => void;
}

export function terra(map: MapLibre, dark: boolean, snap: (event: TerraDrawMouseEvent) => LonLat | undefined): Terra {
	const pointerDistance = matchMedia('(pointer: coarse)').matches ? NEAR_CORNER_FINGER : NEAR_CORNER;
	const snapping = { toCustom: snap };
	/** A circle has a handle to each side only; its edge can be dragged anywhere. */
	const isShown = ({ properties }: GeoJSONStoreFeatures): boolean => {
		const held = draw.getSnapshotFeature(properties.selectionPointFeatureId as number);
		return held?.properties.mode !== 'circle' || Number(properties.index) % (CIRCLE_CORNERS / 4) === 0;
	};
	const styles = stylesOf(dark ? DARK : LIGHT, isShown);
	const drawInteraction = 'click-move-or-drag';
	const corners = { draggable: true, midpoints: { draggable: true }, deletable: true, snappable: snapping };
	const modes = {
		polygon: new TerraDrawPolygonMode({
			pointerDistance,
			snapping,
			showCoordinatePoints: true,
			styles: styles.polygon,
		}),
		rectangle: new TerraDrawRectangleMode({ drawInteraction, styles: styles.shape }),
		circle: new TerraDrawCircleMode({ drawInteraction, segments: CIRCLE_CORNERS, styles: styles.shape }),
		linestring: new TerraDrawLineStringMode({
			pointerDistance,
			snapping,
			showCoordinatePoints: true,
			styles: styles.line,
		}),
	};
	const select = new TerraDrawSelectMode({
		pointerDistance,
		allowManualDeselection: false,
		keyEvents: null,
		styles: styles.select,
		flags: {
			polygon: { feature: { draggable: true, coordinates: corners } },
			linestring: { feature: { draggable: true, coordinates: corners } },
			rectangle: { feature: { draggable: true, coordinates: { resizable: 'opposite' } } },
			circle: { feature: { draggable: true, coordinates: { resizable: 'center-fixed' } } },
		},
	});
	let next = 1;
	const draw: TerraDraw = new TerraDraw({
		adapter: new TerraDrawMapLibreGLAdapter({
			map,
			coordinatePrecision: PRECISION,
			renderBelowLayerId: 'cluster-halos',
			prefixId: 'drawn',
		}),
		modes: [...Object.values(modes), select],
		idStrategy: { isValidId: (id) => typeof id === 'number', getId: () => next++ },
		undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
	});
	draw.start();
	draw.setMode('static');
	return {
		draw,
		keyed: (mode) => (mode in modes ? modes[mode as keyof typeof modes] : null),
		setDark(isDark) {
			const next = stylesOf(isDark ? DARK : LIGHT, isShown);
			draw.updateModeOptions<typeof TerraDrawPolygonMode>('polygon', { styles: next.polygon });
			draw.updateModeOptions<typeof TerraDrawRectangleMode>('rectangle', { styles: next.shape });
			draw.updateModeOptions<typeof TerraDrawCircleMode>('circle', { styles: next.shape });
			draw.updateModeOptions<typeof TerraDrawLineStringMode>('linestring', { styles: next.line });
			draw.updateModeOptions<typeof TerraDrawSelectMode>('select', { styles: next.select });
		},
	};
}

function stylesOf(palette: Palette, isShown: (handle: GeoJSONStoreFeatures) => boolean) {
	const accent = palette.accent as HexColor;
	const pane = palette.pane as HexColor;
	const shape = { fillColor: accent, fillOpacity: 0.16, outlineColor: accent, outlineWidth: 2 };
	const corner = {
		coordinatePointColor: pane,
		coordinatePointWidth: 4,
		coordinatePointOutlineColor: accent,
		coordinatePointOutlineWidth: 2,
		closingPointColor: accent,
		closingPointWidth: 6,
		closingPointOutlineColor: pane,
		closingPointOutlineWidth: 2,
		snappingPointColor: accent,
		snappingPointWidth: 5,
		snappingPointOutlineColor: pane,
		snappingPointOutlineWidth: 2,
	};
	return {
		shape,
		polygon: { ...shape, ...corner },
		line: { lineStringColor: accent, lineStringWidth: 2, ...corner },
		select: {
			selectedPolygonColor: accent,
			selectedPolygonFillOpacity: 0.16,
			selectedPolygonOutlineColor: accent,
			selectedPolygonOutlineWidth: 2,
			selectedLineStringColor: accent,
			selectedLineStringWidth: 2,
			selectionPointColor: pane,
			selectionPointWidth: (handle: GeoJSONStoreFeatures) => (isShown(handle) ? 6 : 0),
			selectionPointOutlineColor: accent,
			selectionPointOutlineWidth: (handle: GeoJSONStoreFeatures) => (isShown(handle) ? 2.5 : 0),
			midPointColor: accent,
			midPointWidth: 4,
			midPointOutlineColor: pane,
			midPointOutlineWidth: 1.5,
		},
	};
}
