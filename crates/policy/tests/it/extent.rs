//! How long, how large, how broad (WHY-1, WHY-5, LIM-1, LIM-2, LIM-5, QRY-4).

use crate::asking::*;
use domain::time::DAY_MICROS;
use domain::*;
use policy::*;

#[test]
fn why_1_the_span_is_bounded_for_every_kind() {
    for kind in QuestionKind::ALL {
        let days = i64::from(PIA.limits().longest_span_days(*kind));
        let mut request = ask(*kind);
        request.reason.as_mut().unwrap().max_look_back_days = 10_000;
        assert_eq!(verdict(&PIA, &within(request.clone(), frame(days + 9, days))), "yes", "{kind}: {days} days");
        let refusal = preview(&PIA, within(request, frame(days + 9, days + 1))).unwrap_err();
        assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), ("span-too-long", Some("time_frame")));
        assert_eq!(refusal.unlock, Some(format!("Shorten it to {days} days.")));
    }
}

#[test]
fn why_1_what_lies_in_the_future_is_not_refused_and_does_not_count() {
    let request = within(ask(QuestionKind::Area), frame(29, 400));
    assert_eq!(verdict(&PIA, &request), "yes");
    let ahead = within(ask(QuestionKind::Area), frame(-3, 400));
    assert_eq!(verdict(&PIA, &ahead), "yes");
}

#[test]
fn qry_5_a_common_plate_may_look_at_each_area_for_thirty_days() {
    let place = |area, frame| Place { area, frame };
    let common = |first: Option<TimeFrame>| Criteria::CommonPlate {
        places: vec![place(square(100.0), first), place(square_at(100.0, 500_000), Some(frame(20, 20)))],
        vehicle: VehicleFilter::default(),
        state: None,
    };
    let long = within(ask(QuestionKind::CommonPlate), frame(90, 90));
    assert_eq!(verdict(&PIA, &of(long.clone(), common(Some(frame(90, 30))))), "yes");
    assert_eq!(verdict(&PIA, &of(long.clone(), common(Some(frame(90, 31))))), "span-too-long");
    assert_eq!(verdict(&PIA, &of(long, common(None))), "span-too-long", "the whole frame");
}

#[test]
fn why_5_the_look_back_is_the_reasons() {
    let back = |days: i64, allowed: u32| {
        let mut request = within(ask(QuestionKind::FullPlate), frame(days, 1));
        request.reason.as_mut().unwrap().max_look_back_days = allowed;
        request
    };
    assert_eq!(verdict(&PIA, &back(90, 90)), "yes");
    let refusal = preview(&PIA, back(91, 90)).unwrap_err();
    assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), ("look-back-too-long", Some("time_frame")));
    assert_eq!(refusal.unlock.as_deref(), Some("Begin at most 90 days ago."));
    let mut late = back(90, 90);
    late.now = late.now.plus_micros(FRAME_TOLERANCE_MICROS);
    assert_eq!(verdict(&PIA, &late), "yes", "it took an hour to fill in the form");
    late.now = late.now.plus_micros(1);
    assert_eq!(verdict(&PIA, &late), "look-back-too-long");
}

fn areas(areas: Vec<Area>) -> QueryRequest {
    of(ask(QuestionKind::Area), Criteria::Area { areas, vehicle: VehicleFilter::default(), state: None })
}

#[test]
fn qry_4_an_area_of_three_square_metres_can_be_asked_and_a_smaller_one_not() {
    assert_eq!(verdict(&PIA, &areas(vec![square(3.0_f64.sqrt())])), "yes");
    let refusal = preview(&PIA, areas(vec![square(200.0), square_at(2.5_f64.sqrt(), 900_000)])).unwrap_err();
    assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), ("area-too-small", Some("criteria.areas")));
    assert_eq!(refusal.unlock.as_deref(), Some("Draw at least 3 square meters."));
}

#[test]
fn lim_2_an_area_above_five_square_kilometres_needs_an_approval_that_cannot_be_given_yet() {
    let side = |km2: f64| (km2 * 1e6).sqrt();
    assert_eq!(verdict(&PIA, &areas(vec![square(side(4.99))])), "yes");
    let refusal = preview(&PIA, areas(vec![square(side(5.01))])).unwrap_err();
    assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), ("area-too-large", Some("criteria.areas")));
    assert!(refusal.sentence.contains("approvals are not available yet"));
    assert_eq!(refusal.unlock.as_deref(), Some("Draw areas of at most 5 square kilometers each."));
}

#[test]
fn lim_2_areas_together_are_bounded_too() {
    let several = |count: i32| areas((0..count).map(|place| square_at(2_200.0, place * 500_000)).collect());
    assert_eq!(verdict(&PIA, &several(5)), "yes", "5 x 4.84 km2");
    assert_eq!(verdict(&PIA, &several(6)), "areas-too-large-together");
    let small = |count: i32| areas((0..count).map(|place| square_at(990.0, place * 500_000)).collect());
    assert_eq!(verdict(&OPEN, &small(5)), "yes");
    assert_eq!(verdict(&OPEN, &small(6)), "areas-too-large-together");
    assert_eq!(verdict(&OPEN, &areas(vec![square(1_010.0)])), "area-too-large");
}

#[test]
fn lim_2_the_areas_of_a_common_plate_have_the_same_bounds() {
    let place = |area| Place { area, frame: None };
    let criteria = Criteria::CommonPlate {
        places: vec![place(square(200.0)), place(square_at(4_000.0, 900_000))],
        vehicle: VehicleFilter::default(),
        state: None,
    };
    let refusal = preview(&PIA, of(ask(QuestionKind::CommonPlate), criteria)).unwrap_err();
    assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), ("area-too-large", Some("criteria.areas")));
}

#[test]
fn lim_2_overlapping_areas_count_once_together() {
    let shifted = |count: i32| areas((0..count).map(|place| square_at(2_200.0, place * 1_000)).collect());
    assert_eq!(verdict(&PIA, &shifted(50)), "yes", "50 x 4.84 km2, of which nearly all is the same");
}

#[test]
fn lim_2_areas_that_cannot_be_measured_together_are_refused() {
    let pleats = |turned: bool| {
        let corner = |x: i32, y: i32| {
            let (x, y) = if turned { (y, x) } else { (x, y) };
            Position { lat_e7: 370_000_000 + y, lon_e7: -1_220_000_000 + x }
        };
        let teeth = (0..1_999).map(|step| corner((step % 2) * 100_000, step * 50));
        Area::new(teeth.chain([corner(-100_000, 0)]).collect(), vec![]).unwrap()
    };
    assert_eq!(verdict(&PIA, &areas(vec![pleats(false), pleats(true)])), "areas-not-measured");
}

fn spent(person: BudgetFacts, case: BudgetFacts) -> QueryRequest {
    let mut request = ask(QuestionKind::Area);
    request.record.area_time = AreaTime { person, case };
    request
}

#[test]
fn lim_2_area_and_time_are_budgeted_for_a_person_and_for_a_case() {
    let km2_days = 1_000_000;
    let of = |spent: i64, adds: i64| BudgetFacts {
        adds: adds * km2_days,
        spent: spent * km2_days,
        enough_free: Some(NOW.plus_micros(3 * DAY_MICROS)),
    };
    let none = BudgetFacts::default();
    assert_eq!(verdict(&PIA, &spent(of(2_990, 10), none)), "yes");
    assert_eq!(verdict(&PIA, &spent(none, of(5_990, 10))), "yes");
    let mut over = of(2_990, 10);
    over.adds += 1;
    let refusal = preview(&PIA, spent(over, none)).unwrap_err();
    assert_eq!((refusal.rule.as_str(), refusal.field.as_deref()), ("area-budget-person", Some("criteria.areas")));
    assert_eq!(
        refusal.unlock.as_deref(),
        Some(
            "Of 3000 square-kilometer days 10.00 are left, and this question takes 10.01. Enough is free again on \
             2026-05-06."
        )
    );
    let refusal = preview(&PIA, spent(none, of(5_990, 11))).unwrap_err();
    assert_eq!(refusal.rule, "area-budget-case");
    let again = BudgetFacts { adds: 0, ..of(9_999, 0) };
    assert_eq!(verdict(&PIA, &spent(again, again)), "yes", "what was looked at before may be looked at again");
}

#[test]
fn lim_5_a_partial_plate_needs_some_known_characters_and_few_are_asked_to_be_more() {
    let partial = |text: &str, make: Option<&str>| {
        let vehicle = VehicleFilter { make: make.map(Into::into), ..VehicleFilter::default() };
        let criteria = Criteria::PartialPlate { pattern: pattern(text), state: State::us("CA").ok(), vehicle };
        of(ask(QuestionKind::PartialPlate), criteria)
    };
    let refusal = preview(&PIA, partial("???", None)).unwrap_err();
    assert_eq!(
        (refusal.rule.as_str(), refusal.field.as_deref()),
        ("too-few-known-characters", Some("criteria.pattern"))
    );
    assert_eq!(refusal.unlock.as_deref(), Some("Give at least 1 of them."));
    assert_eq!(verdict(&PIA, &partial("A**", None)), "yes", "one known character is enough under the document");
    assert_eq!(verdict(&OPEN, &partial("A**", None)), "too-few-known-characters");

    let advice = |text, make| narrowing_advice(&PIA, &partial(text, make).question);
    assert!(advice("AB*", None).unwrap().contains("at least 3 of them, or add make, model, year or color"));
    assert!(!advice("AB*", Some("toyota")).unwrap().contains("add make"));
    assert_eq!(advice("ABC*", None), None);
    assert_eq!(narrowing_advice(&PIA, &ask(QuestionKind::FullPlate).question), None);
}

#[test]
fn lim_1_the_confirmation_of_a_large_answer_is_part_of_the_permit_and_its_record() {
    let asked = rows(&PIA, ask(QuestionKind::Area), false).unwrap();
    let confirmed = rows(&PIA, ask(QuestionKind::Area), true).unwrap();
    assert!(!asked.confirmed_large() && confirmed.confirmed_large());
    assert_eq!(confirmed.record()["details"]["confirmed_large"], true);
}

#[test]
fn qry_9_asking_again_is_visible_as_a_repeat() {
    let mut request = ask(QuestionKind::Area);
    request.question = request.question.again(frame(1, 1));
    request.again_of = Some(query(7));
    let permit = preview(&PIA, request).unwrap();
    assert_eq!(permit.record()["again_of"], query(7).to_string());
}

#[test]
fn qry_2_the_preset_says_what_a_star_means() {
    assert_eq!((PIA.wildcards(), OPEN.wildcards()), (Wildcards::StarIsOne, Wildcards::StarIsAny));
}

#[test]
fn lim_5_the_numbers_of_the_presets_are_those_that_are_documented() {
    let limits = PIA.limits();
    assert_eq!(
        (limits.smallest_area_m2, limits.largest_area_m2, limits.largest_areas_together_m2),
        (3, 5_000_000, 25_000_000)
    );
    assert_eq!((limits.fewest_known_characters, limits.narrow_below_known), (1, 3));
    assert_eq!(limits.longest_span_days(QuestionKind::Area), 30);
    assert_eq!(limits.longest_span_days(QuestionKind::CommonPlate), 30);
    assert_eq!(i64::from(limits.look_back_default_days) * DAY_MICROS, 1_827 * DAY_MICROS);
    assert_eq!(OPEN.limits().largest_area_m2, 1_000_000);
}

#[test]
fn acc_3_lim_2_a_refusal_says_what_still_stands_in_the_way_once_its_advice_is_followed() {
    let mut request = of(
        ask(QuestionKind::Area),
        Criteria::Area { areas: vec![square(3_000.0)], vehicle: VehicleFilter::default(), state: None },
    );
    request.asker.signature.log_in = LogIn::Plain;
    let refusal = preview(&PIA, request.clone()).unwrap_err();
    assert_eq!(refusal.rule, "enhanced-log-in");
    let unlock = refusal.unlock.unwrap();
    assert!(unlock.starts_with("Log in through the enhanced door. After that: An area is larger"), "{unlock}");
    let mut small = ask(QuestionKind::Area);
    small.asker.signature.log_in = LogIn::Plain;
    let refusal = preview(&PIA, small).unwrap_err();
    assert_eq!(refusal.unlock.as_deref(), Some("Log in through the enhanced door."));
    request.asker.signature.log_in = LogIn::Enhanced;
    let refusal = preview(&PIA, request).unwrap_err();
    assert_eq!(
        (refusal.rule.as_str(), refusal.unlock.as_deref()),
        ("area-too-large", Some("Draw areas of at most 5 square kilometers each."))
    );
}
