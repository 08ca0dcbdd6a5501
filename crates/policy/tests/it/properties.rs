//! What holds for any asker, question, pools and policy.

use crate::asking::*;
use domain::time::DAY_MICROS;
use domain::*;
use policy::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Rules that an agency might add.
const FORBIDS: [&str; 6] = [
    r#"forbid (principal, action in [Action::"use", Action::"see"], resource) when { context.channel == "api" };"#,
    r#"forbid (principal in Role::"patrol-officer", action in Action::"ask", resource);"#,
    r#"forbid (principal, action == Action::"see", resource) when { resource.commercial };"#,
    r#"forbid (principal, action in Action::"ask", resource) unless { context.purpose.hasSubject };"#,
    r#"forbid (principal, action == Action::"see", resource) when { resource has agreement && resource.agreement has reasons };"#,
    r#"forbid (principal, action in Action::"ask", resource) when { context.spanDays > 5 };"#,
];

fn narrowed(name: &str, forbid: &str) -> AgencyPolicy {
    let (cedar, limits) = AgencyPolicy::preset_texts(name).unwrap();
    let text = format!("{cedar}\n@id(\"own\") @stage(\"right\") @sentence(\"No.\") @source(\"ours\")\n{forbid}");
    AgencyPolicy::parse(name, "own", &text, limits).unwrap()
}

static NARROWED: std::sync::LazyLock<Vec<(&'static AgencyPolicy, AgencyPolicy)>> = std::sync::LazyLock::new(|| {
    let presets: [(&str, &AgencyPolicy); 2] = [("pia-039b", &PIA), ("open", &OPEN)];
    presets.iter().flat_map(|(name, wide)| FORBIDS.iter().map(|forbid| (*wide, narrowed(name, forbid)))).collect()
});

fn any_pool() -> impl Strategy<Value = (bool, Source, Option<AgreementFacts>)> {
    let agreement = (
        prop::sample::subsequence(Permission::ALL.to_vec(), 0..=9),
        prop::option::of(prop::sample::subsequence(vec!["BURGLARY", "FRAUD"], 0..=2)),
        -2..2_i64,
        -2..3_i64,
        prop::bool::weighted(0.8),
    )
        .prop_map(|(permissions, reasons, from, to, active)| AgreementFacts {
            permissions: permissions.into_iter().collect(),
            reasons: reasons.map(|codes| codes.into_iter().map(|code| ReasonCode(code.into())).collect()),
            from: NOW.plus_micros(from * DAY_MICROS),
            to: NOW.plus_micros(to * DAY_MICROS),
            active,
        });
    (any::<bool>(), prop::sample::select(Source::ALL), prop::option::of(agreement))
}

fn often() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.9)
}

prop_compose! {
    fn any_request()(
        kind in prop::sample::select(QuestionKind::ALL),
        roles in prop::sample::subsequence(Role::ALL.to_vec(), 0..=2),
        permissions in prop::sample::subsequence(Permission::ALL.to_vec(), 5..=9),
        profile in prop::sample::select(vec!["investigations", "investigations", "enforcement", "default"]),
        channel in prop::sample::select(vec!["web", "mobile", "api"]),
        flags in [often(), often(), often(), often(), often(), often(), often(), often(), often(), often(), often()],
        on_behalf in prop::option::weighted(0.3, (often(), often(), often())),
        days in 1..12_i64,
        pools in prop::collection::vec(any_pool(), 0..6),
    ) -> QueryRequest {
        let mut request = within(ask(kind), frame(days, days));
        let [cleared, active, rules, enhanced, subject, justification, attested, criminal, reason, current, for_unit] = flags;
        request.asker.signature.roles = roles;
        request.asker.signature.channel = channel.into();
        request.asker.signature.log_in = if enhanced { LogIn::Enhanced } else { LogIn::Plain };
        request.asker.permissions = permissions.into_iter().collect();
        request.asker.unit_profile = profile.into();
        request.asker.cleared = cleared;
        request.asker.active = active;
        request.asker.rules_accepted = rules;
        if !subject { request.purpose.subject = None; }
        if !justification { request.purpose.justification = None; }
        request.purpose.not_based_on_trait = attested;
        request.reason = reason.then(|| ReasonFacts {
            criminal,
            active: current,
            units: (!for_unit).then(BTreeSet::new),
            ..crate::asking::reason()
        });
        if let Some((known, same_agency, active)) = on_behalf {
            request.purpose.on_behalf_of = Some(user(2));
            let agency = if same_agency { OURS } else { THEIRS };
            request.colleague = known.then(|| ColleagueFacts { agency, active, ..colleague() });
        }
        request.pools = (0..).zip(pools).map(|(number, (own, source, agreement))| PoolFacts {
            pool: PoolId(number),
            owner: if own { OURS } else { THEIRS },
            source,
            agreement,
        }).collect();
        request
    }
}

/// Plain Rust, not Cedar: the pools that an agreement or ownership lets in.
fn in_force(request: &QueryRequest, pool: &PoolFacts) -> bool {
    pool.owner == OURS
        || pool.agreement.as_ref().is_some_and(|agreement| {
            agreement.active
                && agreement.from <= request.now
                && request.now < agreement.to
                && agreement.permissions.contains(&request.question.kind().permission())
                && agreement.reasons.as_ref().is_none_or(|reasons| reasons.contains(&request.purpose.reason))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn agy_5_adding_a_forbid_never_widens(request in any_request()) {
        for (wide, narrow) in NARROWED.iter() {
            let seen = pools(wide, &request);
            prop_assert!(pools(narrow, &request).is_subset(&seen));
        }
    }

    #[test]
    fn agy_2_the_pools_of_a_permit_are_given_ones_in_force_and_each_passes_alone(request in any_request()) {
        for policy in [&*PIA, &*OPEN] {
            let Ok(permit) = rows(policy, request.clone(), false) else { continue };
            prop_assert!(permit.pools().is_sorted_by(|a, b| a < b));
            for facts in &request.pools {
                let alone = QueryRequest { pools: vec![facts.clone()], ..request.clone() };
                let seen = permit.pools().contains(&facts.pool);
                prop_assert_eq!(!pools(policy, &alone).is_empty(), seen);
                prop_assert!(!seen || in_force(&request, facts), "a pool without an agreement in force");
                let shared_here = policy.name() == "pia-039b" || facts.owner == OURS;
                prop_assert!(seen || !(shared_here && in_force(&request, facts)), "a pool was left out");
            }
            prop_assert!(permit.pools().iter().all(|id| request.pools.iter().any(|facts| facts.pool == *id)));
        }
    }

    #[test]
    fn agy_2_an_expired_agreement_never_lets_a_pool_in(mut request in any_request(), late in 0..5 * DAY_MICROS) {
        for pool in &mut request.pools {
            if let Some(agreement) = &mut pool.agreement {
                agreement.to = NOW.plus_micros(-late);
            }
        }
        let own: BTreeSet<_> =
            request.pools.iter().filter(|pool| pool.owner == OURS).map(|pool| pool.pool).collect();
        prop_assert!(pools(&PIA, &request).is_subset(&own));
    }

    #[test]
    fn why_4_asking_on_behalf_never_shows_more_than_asking_oneself(request in any_request()) {
        let mut oneself = request.clone();
        oneself.purpose.on_behalf_of = None;
        for policy in [&*PIA, &*OPEN] {
            prop_assert!(pools(policy, &request).is_subset(&pools(policy, &oneself)));
        }
    }

    #[test]
    fn acc_2_taking_a_permission_away_never_widens(request in any_request(), gone in prop::sample::select(Permission::ALL)) {
        let mut less = request.clone();
        less.asker.permissions.remove(&gone);
        for policy in [&*PIA, &*OPEN] {
            prop_assert!(pools(policy, &less).is_subset(&pools(policy, &request)));
        }
    }
}
