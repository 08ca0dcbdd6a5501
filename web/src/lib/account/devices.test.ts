import { expect, it } from 'vitest';
import { deviceName } from './devices';

it('ACC 8 a device is called by its browser and system, a program by what it says', () => {
	const agent =
		'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36';
	expect(deviceName(agent)).toBe('Chrome on Windows');
	expect(deviceName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1')).toBe('Safari on iOS');
	expect(deviceName('sightline command line')).toBe('sightline command line');
});
