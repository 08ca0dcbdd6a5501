//! How long a decision takes.

use crate::asking::*;
use domain::QuestionKind;
use policy::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// For six pools, one of two people, in an optimised build.
const DECISION_MAX: Duration = Duration::from_micros(300);

#[test]
fn a_decision_over_six_pools_takes_less_than_300_microseconds() {
    let mut request = ask(QuestionKind::Area);
    request.pools = vec![own_pool(1), own_pool(2), shared_pool(3), shared_pool(4), shared_pool(5), shared_pool(6)];
    let median = |request: &QueryRequest| {
        let mut times: Vec<_> = (0..201)
            .map(|_| {
                let request = request.clone();
                let start = Instant::now();
                black_box(rows(&PIA, request, false)).unwrap();
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        times[100]
    };
    let alone = median(&request);
    let mut for_colleague = request;
    for_colleague.purpose.on_behalf_of = Some(user(2));
    for_colleague.colleague = Some(colleague());
    let for_colleague = median(&for_colleague);
    println!("decision over six pools: {alone:?}, on behalf of a colleague {for_colleague:?} (median)");
    if !cfg!(debug_assertions) {
        assert!(alone < DECISION_MAX, "{alone:?}");
    }
}
