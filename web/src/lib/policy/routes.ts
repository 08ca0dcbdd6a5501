/** The routes of the policy, typed here until the API's document has them all. */
import type { Schemas } from '../api/client';
import { untyped } from '../api/client';
import type { Changed, InForce, Limits, Matrix, Tried } from './contract';

export const policyRoutes = {
	matrix: () => untyped<Matrix>('GET', '/api/v1/policy/matrix'),
	presets: () => untyped<Schemas['PresetView'][]>('GET', '/api/v1/policy/presets'),
	tryIt: (body: object) => untyped<Tried>('POST', '/api/v1/policy/tries', { body }),
	inForce: () => untyped<InForce>('GET', '/api/v1/agency/policy'),
	change: (body: { preset?: string; limits?: Limits; document?: object }) =>
		untyped<Changed>('POST', '/api/v1/agency/policy/changes', { body }),
	confirm: (id: string) => untyped<Schemas['Made']>('POST', `/api/v1/agency/policy/changes/${id}/confirm`),
	drop: (id: string) => untyped<Schemas['Made']>('DELETE', `/api/v1/agency/policy/changes/${id}`),
};
