/** QR codes as dark and light modules. */
import qrcode from 'qrcode-generator';

export interface QrModules {
	/** On each side, without the white around. */
	count: number;
	isDark: (row: number, column: number) => boolean;
}

/**
 * The smallest code that takes the text as UTF-8; error correction M mends 15 % of what a camera misreads. `null` where no code
 * takes it: from 2,331 bytes on (ISO/IEC 18004, version 40-M).
 */
export function qrModules(text: string): QrModules | null {
	// As cameras read them; by itself the library keeps the low byte of each UTF-16 unit.
	qrcode.stringToBytes = (part) => [...new TextEncoder().encode(part)];
	const code = qrcode(0, 'M');
	code.addData(text, 'Byte');
	try {
		code.make();
	} catch {
		return null;
	}
	return { count: code.getModuleCount(), isDark: (row, column) => code.isDark(row, column) };
}
