use super::*;
use geo::GeodesicArea;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn ring(corners: &[(i32, i32)]) -> Ring {
    corners.iter().map(|(lon_e7, lat_e7)| at(*lon_e7, *lat_e7)).collect()
}

fn at(lon_e7: i32, lat_e7: i32) -> Position {
    Position { lat_e7, lon_e7 }
}

fn area(outline: &[(i32, i32)], holes: &[&[(i32, i32)]]) -> Result<Area, AreaError> {
    Area::new(ring(outline), holes.iter().map(|hole| ring(hole)).collect())
}

const SQUARE: [(i32, i32); 4] = [(0, 0), (100, 0), (100, 100), (0, 100)];

#[test]
fn qry_4_an_area_of_three_square_metres_works() {
    // 1e-7 degree of latitude is 1.11 cm; at the equator so is one of longitude.
    let small = area(&[(0, 0), (156, 0), (156, 156), (0, 156)], &[]).unwrap();
    assert!((small.square_metres() - 3.0).abs() < 0.05, "{}", small.square_metres());
    assert!(small.contains(at(78, 78)) && !small.contains(at(157, 78)));
}

#[test]
fn points_on_an_edge_are_inside_and_points_in_a_hole_are_not() {
    let area = area(&SQUARE, &[&[(40, 40), (60, 40), (60, 60), (40, 60)]]).unwrap();
    assert!(area.contains(at(0, 50)) && area.contains(at(100, 100)) && area.contains(at(20, 20)));
    assert!(area.contains(at(40, 50)), "the hole's edge belongs to the area");
    assert!(!area.contains(at(50, 50)) && !area.contains(at(101, 50)));
}

#[test]
fn drawing_direction_and_a_repeated_last_corner_do_not_matter() {
    let clockwise = area(&[(0, 0), (0, 900), (900, 900), (900, 0), (0, 0)], &[]).unwrap();
    let counter = area(&[(0, 0), (900, 0), (900, 900), (0, 900)], &[]).unwrap();
    assert!((clockwise.square_metres() - counter.square_metres()).abs() < 1e-9);
    assert_eq!(clockwise.outline().len(), 4);
}

#[test]
fn bad_areas_are_refused_by_name() {
    let make = |corners: &[(i32, i32)]| area(corners, &[]).unwrap_err();
    assert_eq!(make(&[]), AreaError::TooFewCorners);
    assert_eq!(make(&[(0, 0), (10, 10), (0, 0)]), AreaError::TooFewCorners);
    assert_eq!(make(&[(0, 0), (10, 10), (20, 20)]), AreaError::NoArea);
    assert_eq!(make(&[(0, 0), (0, 10), (1_900_000_000, 0)]), AreaError::OffTheEarth);
    assert_eq!(Area::new(vec![at(0, 0); AREA_CORNERS_MAX + 2], vec![]), Err(AreaError::TooManyCorners));
    let degrees = |ring: &[[f64; 2]]| Area::from_degrees(&[ring.to_vec()]).unwrap_err();
    assert_eq!(degrees(&[[0.0, 0.0], [1.0, f64::NAN], [1.0, 1.0]]), AreaError::OffTheEarth);
    assert_eq!(degrees(&[[350.0, 0.0], [361.0, 0.0], [361.0, 1.0]]), AreaError::OffTheEarth);
    assert_eq!(degrees(&[]), AreaError::TooFewCorners);
}

#[test]
fn lim_2_an_outline_that_crosses_or_touches_itself_is_refused_and_it_is_said_where() {
    let crosses = |outline: &[(i32, i32)]| match area(outline, &[]) {
        Err(AreaError::Crosses(position)) => (position.lon_e7, position.lat_e7),
        other => panic!("{other:?}"),
    };
    assert_eq!(crosses(&[(0, 0), (100, 100), (100, 0), (0, 100)]), (50, 50), "a figure of eight");
    assert_eq!(
        crosses(&[(0, 0), (50, 50), (100, 0), (100, 100), (50, 50), (0, 90)]),
        (50, 50),
        "two lobes at a corner"
    );
    assert_eq!(crosses(&[(0, 0), (100, 0), (100, 100), (50, 0), (0, 100)]), (50, 0), "a corner on an edge");
    assert_eq!(crosses(&[(0, 0), (100, 0), (50, 0), (50, 100)]), (50, 0), "there and back");
    let words = area(&[(0, 0), (10_000_000, 10_000_000), (10_000_000, 0), (0, 10_000_000)], &[]).unwrap_err();
    assert!(words.to_string().contains("at 0.500000, 0.500000"), "{words}");
}

#[test]
fn lim_2_a_hole_must_lie_inside_the_outline_and_outside_other_holes() {
    let hole = [(20, 20), (40, 20), (40, 40), (20, 40)];
    area(&SQUARE, &[&hole, &[(60, 60), (80, 60), (80, 80)]]).unwrap();
    let fault = |holes: &[&[(i32, i32)]]| area(&SQUARE, holes).unwrap_err();
    assert_eq!(fault(&[&[(200, 200), (220, 200), (220, 220)]]), AreaError::HoleOutside(at(200, 200)));
    assert_eq!(fault(&[&hole, &[(25, 25), (30, 25), (30, 30)]]), AreaError::HoleOutside(at(25, 25)), "inside another");
    assert_eq!(fault(&[&hole, &hole]), AreaError::Crosses(at(20, 20)), "twice the same");
    assert_eq!(fault(&[&[(90, 90), (100, 95), (90, 95)]]), AreaError::Crosses(at(100, 95)), "at the edge");
    let dented = [(0, 0), (100, 0), (100, 100), (50, 20), (0, 100)];
    assert_eq!(
        area(&dented, &[&[(45, 60), (55, 60), (50, 70)]]),
        Err(AreaError::HoleOutside(at(45, 60))),
        "inside its box only"
    );
}

#[test]
fn an_area_reads_back_from_its_record() {
    for outline in [&[(0, 0), (900, 0), (900, 900)], &[(1_799_999_000, 0), (-1_799_999_000, 0), (1_800_000_000, 900)]] {
        let area = area(outline, &[]).unwrap();
        let text = serde_json::to_string(&area).unwrap();
        assert_eq!(serde_json::from_str::<Area>(&text).unwrap(), area);
    }
    let text = serde_json::to_string(&area(&[(0, 0), (900, 0), (900, 900)], &[]).unwrap()).unwrap();
    assert_eq!(text, r#"{"rings":[[[0,0],[900,0],[900,900]]]}"#);
}

const DEGREE: i32 = 10_000_000;

#[test]
fn qry_4_an_area_across_the_180th_meridian_is_the_same_however_its_longitudes_are_written() {
    let jumping = area(&[(179 * DEGREE, 0), (-179 * DEGREE, 0), (-179 * DEGREE, DEGREE), (179 * DEGREE, DEGREE)], &[]);
    let jumping = jumping.unwrap();
    for turn in [0.0, -360.0] {
        let [west, east] = [179.0 + turn, 181.0 + turn];
        let on = Area::from_degrees(&[vec![[west, 0.0], [east, 0.0], [east, 1.0], [west, 1.0], [west, 0.0]]]).unwrap();
        assert_eq!(on, jumping);
    }
    assert!(jumping.is_across());
    assert_eq!(jumping.bounds(), (at(179 * DEGREE, 0), at(-179 * DEGREE, DEGREE)));
    for lon in [179 * DEGREE, 1_795_000_000, 1_800_000_000, -1_800_000_000, -1_795_000_000, -179 * DEGREE] {
        assert!(jumping.contains(at(lon, DEGREE / 2)), "{lon}");
    }
    for lon in [1_789_999_999, -1_789_999_999, 0, DEGREE] {
        assert!(!jumping.contains(at(lon, DEGREE / 2)), "{lon}");
    }
    let elsewhere = area(&[(0, 0), (2 * DEGREE, 0), (2 * DEGREE, DEGREE), (0, DEGREE)], &[]).unwrap();
    assert!((jumping.square_metres() / elsewhere.square_metres() - 1.0).abs() < 1e-12);
}

#[test]
fn qry_4_an_area_that_ends_at_the_180th_meridian_holds_what_stands_on_it() {
    let west_of_it =
        area(&[(179 * DEGREE, 0), (180 * DEGREE, 0), (-180 * DEGREE, DEGREE), (179 * DEGREE, DEGREE)], &[]);
    let east_of_it =
        area(&[(-179 * DEGREE, 0), (180 * DEGREE, 0), (-180 * DEGREE, DEGREE), (-179 * DEGREE, DEGREE)], &[]);
    for area in [west_of_it.unwrap(), east_of_it.unwrap()] {
        assert!(!area.is_across() && area.reaches_half_turn());
        assert!(area.contains(at(180 * DEGREE, 5)) && area.contains(at(-180 * DEGREE, 5)));
    }
}

#[test]
fn qry_4_an_area_goes_round_no_pole_and_may_have_a_corner_there() {
    let cap = [(0, 80), (90, 80), (180, 80), (-90, 80)].map(|(lon, lat)| (lon * DEGREE, lat * DEGREE));
    assert_eq!(area(&cap, &[]), Err(AreaError::TooWide));
    let wide = [[0.0, 0.0], [100.0, 0.0], [190.0, 0.0], [190.0, 10.0], [0.0, 10.0]];
    assert_eq!(Area::from_degrees(&[wide.to_vec()]), Err(AreaError::TooWide));
    let half = [(-100, 0), (0, 0), (81, 0), (81, 5), (-100, 5)].map(|(lon, lat)| (lon * DEGREE, lat * DEGREE));
    assert_eq!(area(&half, &[]), Err(AreaError::TooWide), "181 degrees");
    // Half of the earth's northern half: a quarter of 510,065,621.7 square kilometres.
    let quarter = [(0, 0), (90, 0), (180, 0), (180, 90), (0, 90)].map(|(lon, lat)| (lon * DEGREE, lat * DEGREE));
    let size = area(&quarter, &[]).unwrap().square_metres();
    assert!((size / (510_065_621.724e6 / 4.0) - 1.0).abs() < 1e-9, "{size}");
}

/// Rings that go round a middle, corner by corner: they never cross themselves.
fn star(corners: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((0.3..1.0f64, 0.1..1.0f64), corners).prop_map(|steps| {
        let whole: f64 = steps.iter().map(|(_, step)| step).sum();
        let mut angle = 0.0;
        steps
            .iter()
            .map(|(radius, step)| {
                angle += step / whole * std::f64::consts::TAU;
                (radius * angle.cos(), radius * angle.sin())
            })
            .collect()
    })
}

/// A star around a place in degrees, `size` degrees wide in each direction.
fn star_at(star: &[(f64, f64)], (lon, lat): (f64, f64), size: f64) -> Vec<[f64; 2]> {
    star.iter().map(|(x, y)| [lon + x * size, lat + y * size]).collect()
}

/// By `geo`, whose edges are geodesics, after cutting ours into pieces that hardly differ from those.
fn size_by_geo(area: &Area) -> f64 {
    let size = |ring: &Vec<(i64, i64)>| {
        let degrees = |e7: i64| e7 as f64 / 1e7;
        let mut line = Vec::new();
        for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let long = (to.0 - from.0).abs().max((to.1 - from.1).abs());
            // Pieces of less than a metre are where `geo` itself loses digits.
            let pieces = (long / 20_000).max((long / 80).clamp(1, 64));
            for piece in 0..pieces {
                let share = piece as f64 / pieces as f64;
                line.push((
                    degrees(from.0) + share * degrees(to.0 - from.0),
                    degrees(from.1) + share * degrees(to.1 - from.1),
                ));
            }
        }
        geo::Polygon::new(line.into(), Vec::new()).geodesic_area_signed().abs()
    };
    let rings = area.unrolled();
    size(&rings[0]) - rings[1..].iter().map(size).sum::<f64>()
}

/// Every pair of edges, every hole in every ring: slow, and plain to see.
fn is_simple_by_hand(rings: &[Vec<(i64, i64)>]) -> bool {
    let turn =
        |a: (i64, i64), b: (i64, i64), c: (i64, i64)| ((b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)).signum();
    let on = |a: (i64, i64), b: (i64, i64), c: (i64, i64)| {
        turn(a, b, c) == 0
            && (a.0.min(b.0)..=a.0.max(b.0)).contains(&c.0)
            && (a.1.min(b.1)..=a.1.max(b.1)).contains(&c.1)
    };
    let edges: Vec<_> = rings
        .iter()
        .enumerate()
        .flat_map(|(ring, corners)| {
            let of = corners.len();
            (0..of).map(move |at| (ring, at, of, corners[at], corners[(at + 1) % of]))
        })
        .collect();
    for (number, (ring, place, of, a, b)) in edges.iter().enumerate() {
        for (other_ring, other_place, _, c, d) in &edges[number + 1..] {
            let follows = ring == other_ring && *other_place == place + 1;
            let precedes = ring == other_ring && *place == 0 && *other_place == of - 1;
            let meets = if follows && precedes {
                true
            } else if follows {
                on(*a, *b, *d) || on(*c, *d, *a)
            } else if precedes {
                on(*a, *b, *c) || on(*c, *d, *b)
            } else {
                on(*a, *b, *c)
                    || on(*a, *b, *d)
                    || on(*c, *d, *a)
                    || on(*c, *d, *b)
                    || (turn(*a, *b, *c) * turn(*a, *b, *d) < 0 && turn(*c, *d, *a) * turn(*c, *d, *b) < 0)
            };
            if meets {
                return false;
            }
        }
    }
    let inside = |ring: &Vec<(i64, i64)>, corner| side_of(ring.iter().copied(), corner) == Side::Inside;
    rings[1..].iter().enumerate().all(|(number, hole)| {
        let in_another = rings[1..].iter().enumerate().any(|(other, ring)| other != number && inside(ring, hole[0]));
        inside(&rings[0], hole[0]) && !in_another
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn lim_2_the_sweep_refuses_exactly_the_shapes_that_cross_or_touch(
        outline in prop::collection::vec((0..12i64, 0..12i64), 3..9),
        holes in prop::collection::vec(prop::collection::vec((0..12i64, 0..12i64), 3..5), 0..3),
    ) {
        let mut rings = vec![outline];
        rings.extend(holes);
        for ring in &mut rings {
            ring.dedup();
            if ring.first() == ring.last() {
                ring.pop();
            }
            prop_assume!(ring.len() >= 3);
        }
        prop_assert_eq!(crossing::fault(&rings).is_none(), is_simple_by_hand(&rings));
    }

    #[test]
    fn lim_2_holes_that_lie_well_are_taken_and_holes_that_do_not_are_refused(
        outline in star(4..30), hole in star(3..9), middle in (-40..40i32, -40..40i32),
    ) {
        let grid = |star: &[(f64, f64)], size: f64, (x, y): (i32, i32)| -> Vec<(i64, i64)> {
            star.iter().map(|(east, north)| {
                ((east * size).round() as i64 + i64::from(x), (north * size).round() as i64 + i64::from(y))
            }).collect()
        };
        let mut rings = vec![grid(&outline, 60.0, (0, 0)), grid(&hole, 12.0, middle)];
        rings.iter_mut().for_each(Vec::dedup);
        prop_assert_eq!(crossing::fault(&rings).is_none(), is_simple_by_hand(&rings));
    }

    #[test]
    fn contains_agrees_with_geo_away_from_edges(star in star(3..20), point in (-100..100i32, -100..100i32)) {
        use geo::{Contains, Intersects};
        let corners: Vec<_> = star.iter().map(|(x, y)| ((x * 100.0) as i32, (y * 100.0) as i32)).collect();
        let Ok(area) = area(&corners, &[]) else { return Ok(()) };
        let line = geo::LineString::from(
            area.outline().iter().chain(area.outline().first())
                .map(|corner| (f64::from(corner.lon_e7), f64::from(corner.lat_e7))).collect::<Vec<_>>());
        let spot = geo::Point::new(f64::from(point.0), f64::from(point.1));
        let expected = line.intersects(&spot) || geo::Polygon::new(line, vec![]).contains(&spot);
        prop_assert_eq!(area.contains(at(point.0, point.1)), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn lim_2_sizes_agree_with_geo_from_three_square_metres_to_a_country(
        star in star(3..20), lon in -180.0..180.0f64, lat in -80.0..80.0f64, exponent in -5.2..0.3f64,
    ) {
        let Ok(area) = Area::from_degrees(&[star_at(&star, (lon, lat), 10f64.powf(exponent))]) else { return Ok(()) };
        let (ours, by_geo) = (area.square_metres(), size_by_geo(&area));
        // What is left is geo's: it errs by some square centimetres, and geodesics leave our edges a little even over 200 m.
        prop_assert!((ours - by_geo).abs() <= ours * 1e-6 + 1e-3, "{} {}", ours, by_geo);
    }

    #[test]
    fn qry_4_turning_the_earth_changes_nothing(
        star in star(3..20), lon in 175.0..180.0f64, lat in -80.0..80.0f64, size in 0.001..8.0f64,
        point in (-1.0..1.0f64, -1.0..1.0f64),
    ) {
        let make = |lon: f64| Area::from_degrees(&[star_at(&star, (lon, lat), size)]);
        let Ok(across) = make(lon) else { return Ok(()) };
        // The same corners, 170 degrees further west, to the unit.
        let narrow = |e7: i64| i32::try_from(e7).unwrap();
        let turned = |(x, y): (i64, i64)| at(narrow(if x < 0 { x + FULL_TURN } else { x } - 1_700_000_000), narrow(y));
        let rings = across.unrolled();
        let here = Area::new(rings[0].iter().map(|corner| turned(*corner)).collect(), vec![]).unwrap();
        prop_assert!((across.square_metres() / here.square_metres() - 1.0).abs() < 1e-9);
        let spot = (((lon + point.0 * size) * 1e7) as i64, ((lat + point.1 * size) * 1e7) as i64);
        prop_assert_eq!(across.contains(position(spot)), here.contains(turned(spot)));
    }
}

#[test]
fn lim_2_the_screen_and_the_service_measure_the_same() {
    let cases: serde_json::Value =
        serde_json::from_str(include_str!("../../../../web/src/lib/map/measured.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let rings: Vec<Vec<[f64; 2]>> = serde_json::from_value(case["rings"].clone()).unwrap();
        let (size, expected) = (Area::from_degrees(&rings).unwrap().square_metres(), &case["squareMetres"]);
        assert!((size / expected.as_f64().unwrap() - 1.0).abs() < 1e-6, "{case}: {size}");
    }
}

/// A rectangle of whole steps of 0.01 degrees.
fn block(west: i32, south: i32, east: i32, north: i32) -> Area {
    let lon = |step: i32| f64::from(step) / 100.0 + 179.9;
    let lat = |step: i32| f64::from(step) / 100.0 + 40.0;
    let corners = [(west, south), (east, south), (east, north), (west, north)];
    Area::from_degrees(&[corners.iter().map(|(x, y)| [lon(*x), lat(*y)]).collect()]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn lim_2_overlaps_count_once_also_across_the_180th_meridian(
        blocks in prop::collection::vec((0..20i32, 0..20i32, 1..6i32, 1..6i32), 1..12),
    ) {
        let areas: Vec<_> = blocks.iter().map(|(x, y, wide, high)| block(*x, *y, x + wide, y + high)).collect();
        let mut cells = std::collections::BTreeSet::new();
        for (x, y, wide, high) in &blocks {
            cells.extend((*x..x + wide).flat_map(|x| (*y..y + high).map(move |y| (x, y))));
        }
        let by_cell: f64 = cells.iter().map(|(x, y)| block(*x, *y, x + 1, y + 1).square_metres()).sum();
        let together = square_metres_together(&areas.iter().collect::<Vec<_>>()).unwrap();
        prop_assert!((together / by_cell - 1.0).abs() < 1e-8, "{} {}", together, by_cell);
    }

    #[test]
    fn lim_2_together_is_at_least_the_largest_and_at_most_the_sum(
        stars in prop::collection::vec((star(3..12), (0.0..0.3f64, 0.0..0.3f64)), 1..6), lon in -180.0..180.0f64,
    ) {
        let areas: Vec<_> = stars.iter()
            .filter_map(|(star, (x, y))| Area::from_degrees(&[star_at(star, (lon + x, 34.0 + y), 0.1)]).ok()).collect();
        let sizes: Vec<_> = areas.iter().map(Area::square_metres).collect();
        let together = square_metres_together(&areas.iter().collect::<Vec<_>>()).unwrap();
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        prop_assert!(together >= largest * (1.0 - 1e-8) && together <= sizes.iter().sum::<f64>() * (1.0 + 1e-8));
    }
}

#[test]
fn lim_2_an_area_inside_another_and_one_in_its_hole_are_counted_as_they_lie() {
    let ring = |low: i32, high: i32| [(low, low), (high, low), (high, high), (low, high)];
    let size = |areas: &[&Area]| square_metres_together(areas).unwrap();
    let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
    let (outer, hole, inner) = (ring(0, 90_000), ring(30_000, 60_000), ring(40_000, 50_000));
    let solid = area(&outer, &[]).unwrap();
    let frame = area(&outer, &[&hole]).unwrap();
    let core = area(&inner, &[]).unwrap();
    near(size(&[&solid, &core]), solid.square_metres());
    near(size(&[&frame, &core]), frame.square_metres() + core.square_metres());
    near(size(&[&frame, &solid]), solid.square_metres());
    near(size(&[&frame, &frame, &frame]), frame.square_metres());
    assert!(size(&[]).abs() < f64::EPSILON);
}

/// Many corners in the ways that are hard: side by side, above one another, and slanting, each edge beside all others.
fn crowded(count: i32) -> [Vec<Position>; 3] {
    let mut comb: Vec<_> = (0..count - 2).map(|step| (step * 10, 1_000 + (step % 2) * 10)).collect();
    comb.extend([(count * 10, 0), (-10, 0)]);
    let mut pleats: Vec<_> = (0..count - 1).map(|step| ((step % 2) * 1_000_000, step * 10)).collect();
    pleats.push((-1_000_000, 0));
    let slanting: Vec<_> = pleats.iter().map(|(x, y)| (*x, x + y)).collect();
    [comb, pleats, slanting].map(|corners| ring(&corners))
}

/// Several times what it takes on one busy core, so that only a worse order of growth fails.
const IN_TIME: Duration = Duration::from_secs(5);

#[test]
fn lim_2_ten_thousand_corners_are_checked_and_measured_in_time_whatever_the_shape() {
    for outline in crowded(i32::try_from(AREA_CORNERS_MAX).unwrap()) {
        let begun = Instant::now();
        let area = Area::new(outline.clone(), vec![]);
        let size = area.as_ref().map(Area::square_metres);
        let took = begun.elapsed();
        println!("10,000 corners: {took:?}, {size:?}");
        assert!(size.unwrap() > 0.0 && took < IN_TIME);
    }
}

#[test]
fn lim_2_fifty_large_areas_are_measured_together_or_refused_in_time() {
    let circle = |x: f64, corners: u32| {
        let corner = |step: u32| {
            let angle = f64::from(step) / f64::from(corners) * std::f64::consts::TAU;
            [x + angle.cos(), 40.0 + angle.sin()]
        };
        Area::from_degrees(&[(0..corners).map(corner).collect()]).unwrap()
    };
    for (corners, apart) in [(10_000, 0.1), (10_000, 3.0), (1_000, 0.01)] {
        let begun = Instant::now();
        let areas: Vec<_> = (0..50).map(|number| circle(f64::from(number) * apart, corners)).collect();
        let together = square_metres_together(&areas.iter().collect::<Vec<_>>());
        let took = begun.elapsed();
        println!("50 areas of {corners} corners, {apart} degrees apart: {took:?}, {together:?}");
        assert!(took < IN_TIME && together.is_ok());
    }
    // Teeth across teeth: a hundred million crossings.
    let [_, across, _] = crowded(10_000);
    let turned: Vec<_> = across.iter().map(|corner| at(corner.lat_e7, corner.lon_e7)).collect();
    let teeth = [across, turned].map(|outline| Area::new(outline, vec![]).unwrap());
    let begun = Instant::now();
    assert_eq!(square_metres_together(&[&teeth[0], &teeth[1]]), Err(TooCrowded));
    println!("refused after {:?}", begun.elapsed());
    assert!(begun.elapsed() < IN_TIME);
}
