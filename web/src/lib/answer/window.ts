/**
 * Which lines of a long list are on the screen. Heights are fixed for a view and a width, so that every place is
 * arithmetic and nothing is measured while scrolling.
 */

export interface Metrics {
	/** Height of a section's head; 0 for none. */
	head: number;
	/** Height of a line, the space below it included. */
	line: number;
	/** Reads side by side in a line. */
	columns: number;
}

export interface Block {
	top: number;
	height: number;
	head: number;
	count: number;
	lines: number;
}

export interface Layout {
	blocks: Block[];
	height: number;
	metrics: Metrics;
}

/** One block for each section, with as many reads as it has; a section without a title has no head. */
export function layOut(sections: readonly { count: number; hasHead: boolean }[], metrics: Metrics): Layout {
	let top = 0;
	const blocks = sections.map(({ count, hasHead }): Block => {
		const lines = Math.ceil(count / metrics.columns);
		const head = hasHead ? metrics.head : 0;
		const block = { top, head, count, lines, height: head + lines * metrics.line };
		top += block.height;
		return block;
	});
	return { blocks, height: top, metrics };
}

/** Reads `first` up to, not including, `end` of a block are to be drawn. */
export interface Seen {
	block: number;
	first: number;
	end: number;
}

/** What lies between two heights, with a few lines more above and below. */
export function seen(layout: Layout, from: number, until: number, more = 3): Seen[] {
	const { line, columns } = layout.metrics;
	const found: Seen[] = [];
	layout.blocks.forEach((block, index) => {
		if (block.top > until + more * line || block.top + block.height < from - more * line) return;
		const inside = (height: number) => (height - block.top - block.head) / line;
		const first = Math.min(block.lines, Math.max(0, Math.floor(inside(from)) - more));
		const end = Math.max(first, Math.min(block.lines, Math.ceil(inside(until)) + more));
		found.push({ block: index, first: first * columns, end: Math.min(block.count, end * columns) });
	});
	return found;
}

/** Block and place in it of the read at a place in the whole list. */
export function placeOf(layout: Layout, index: number): { block: number; at: number } | null {
	let at = index;
	for (const [block, { count }] of layout.blocks.entries()) {
		if (at < count) return { block, at };
		at -= count;
	}
	return null;
}

/** Where a read's line is. */
export function spotOf(layout: Layout, block: number, at: number): { top: number; height: number } {
	const { line, columns } = layout.metrics;
	const { top, head } = layout.blocks[block]!;
	return { top: top + head + Math.floor(at / columns) * line, height: line };
}

/**
 * How far to scroll so that a span is in sight: not at all where it is, else as little as possible. `top` and `bottom`
 * are what is now in sight.
 */
export function scrollFor(span: { top: number; height: number }, top: number, bottom: number): number {
	if (span.top < top) return span.top - top;
	const end = span.top + span.height;
	return end > bottom ? Math.min(end - bottom, span.top - top) : 0;
}
