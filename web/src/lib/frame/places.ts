/** The places of the app and who has them. A place that a person may not use is not shown. */
import type { IconName } from '../ui/Icon.svelte';

export interface Place {
	href: string;
	label: string;
	icon: IconName;
	/** Who sees it. */
	for: (who: { asks: boolean; is: (role: string) => boolean }) => boolean;
}

export const PLACES: Place[] = [
	{ href: '/', label: 'Ask', icon: 'ask', for: ({ asks }) => asks },
	{ href: '/agency', label: 'Agency', icon: 'agency', for: ({ is }) => is('agency-manager') || is('supervisor') },
	{ href: '/host', label: 'Agencies', icon: 'shield', for: ({ is }) => is('host-operator') },
	{ href: '/about', label: 'About', icon: 'info', for: () => true },
];
