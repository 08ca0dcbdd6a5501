/** The agency's policy as its managers and supervisors read it; parts that a service does not have are not shown. */
class Policy {
	isThere = $state(false);
	async load(): Promise<void> {}
}
export const policy = new Policy();
