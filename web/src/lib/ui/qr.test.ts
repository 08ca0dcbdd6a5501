import jsqr from 'jsqr';
import { describe, expect, it } from 'vitest';
import { qrModules, type QrModules } from './qr';

/** As a camera sees it: white around, four pixels a module. */
function seen({ count, isDark }: QrModules): { data: Uint8ClampedArray; side: number } {
	const [quiet, scale] = [4, 4];
	const side = (count + 2 * quiet) * scale;
	const data = new Uint8ClampedArray(side * side * 4).fill(255);
	for (let y = 0; y < side; y += 1)
		for (let x = 0; x < side; x += 1) {
			const [row, column] = [Math.floor(y / scale) - quiet, Math.floor(x / scale) - quiet];
			const inside = row >= 0 && row < count && column >= 0 && column < count;
			if (inside && isDark(row, column)) data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
		}
	return { data, side };
}

function read(text: string): string {
	const code = qrModules(text);
	if (!code) return 'no code takes it';
	const { data, side } = seen(code);
	return new TextDecoder().decode(Uint8Array.from(jsqr(data, side, side)?.binaryData ?? []));
}

describe('a code', () => {
	it('AUD 6 holds the receipt of an entry in a log of a million, with two witnesses, byte for byte', () => {
		const hash = btoa('h'.repeat(32));
		const line = (name: string, bytes: number) => `\u2014 ${name} ${btoa('s'.repeat(bytes))}\n`;
		const receipt = [
			`c2sp.org/tlog-proof@v1\nextra ${btoa('l'.repeat(49))}\nindex 812345\n`,
			`${hash}\n`.repeat(20),
			`\nlpr.example.org/ledger\n1000000\n${hash}\n\n`,
			line('lpr.example.org/ledger', 68),
			line('oversight.example.org/witness', 76),
			line('newspaper.example.org/witness', 76),
		].join('');
		expect(read(receipt)).toBe(receipt);
	});

	it('holds letters beyond Latin', () => {
		expect(read('Łódź – 東京')).toBe('Łódź – 東京');
	});

	it('is none where the text is longer than any takes', () => {
		expect(qrModules('x'.repeat(2_331))).not.toBeNull();
		expect(qrModules('x'.repeat(2_332))).toBeNull();
	});
});
