//! Areas against `PostGIS` as an oracle: sizes, unions, and what is inside. Runs where the tests have a PostgreSQL.
//!
//! `PostGIS` measures figures whose edges are geodesics. Ours are straight in longitude and latitude, so its edges are first
//! cut into pieces so short that both are the same to one part in a million.

use domain::{Area, Position, square_metres_together};
use sqlx::{Connection, Executor, PgConnection, Row};

const AREAS: usize = 3_000;
const TOGETHER: usize = 600;
const POINTS: usize = 10;

/// Whole numbers at random, the same in each run (Marsaglia, "Xorshift RNGs", 2003).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    #[expect(clippy::cast_precision_loss, reason = "32 bits are enough")]
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (self.next() >> 32) as f64 / f64::from(u32::MAX) * (high - low)
    }
}

/// A ring round a middle.
fn ring(dice: &mut Dice, (lon, lat): (f64, f64), size: f64) -> Vec<[f64; 2]> {
    let corners = 3 + dice.next() % 20;
    let mut angles: Vec<_> = (0..corners).map(|_| dice.between(0.0, std::f64::consts::TAU)).collect();
    angles.sort_by(f64::total_cmp);
    let mut corner = |angle: &f64| {
        let radius = dice.between(0.4, 1.0) * size;
        [lon + radius * angle.cos(), lat + radius * angle.sin()]
    };
    angles.iter().map(&mut corner).collect()
}

fn area(dice: &mut Dice, middle: (f64, f64), size: f64) -> Area {
    loop {
        let mut rings = vec![ring(dice, middle, size)];
        if dice.next().is_multiple_of(3) {
            rings.push(ring(dice, middle, size / 5.0));
        }
        if let Ok(area) = Area::from_degrees(&rings) {
            return area;
        }
    }
}

/// From three square metres to a country, at the 180th meridian as often as elsewhere.
fn place(dice: &mut Dice) -> ((f64, f64), f64) {
    let size = 10f64.powf(dice.between(-4.8, 0.2));
    let near = 180.0 + dice.between(-1.0, 1.0) * size;
    let lon = if dice.next().is_multiple_of(2) { near } else { dice.between(-178.0, 178.0) };
    ((lon, dice.between(-75.0, 75.0)), size)
}

#[expect(clippy::cast_precision_loss, reason = "1e-7 degrees are below 2^53")]
fn text(area: &Area, unit: f64, shift: i64) -> String {
    let ring = |ring: &Vec<(i64, i64)>| {
        let corners = ring.iter().chain(ring.first());
        let words: Vec<_> =
            corners.map(|(x, y)| format!("{} {}", (*x + shift) as f64 / unit, *y as f64 / unit)).collect();
        format!("({})", words.join(","))
    };
    format!("POLYGON({})", area.unrolled().iter().map(ring).collect::<Vec<_>>().join(","))
}

static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

async fn postgis() -> Option<PgConnection> {
    let Ok(url) = std::env::var("SIGHTLINE_TEST_POSTGRES") else {
        eprintln!("SIGHTLINE_TEST_POSTGRES is not set: areas were not compared with PostGIS");
        return None;
    };
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("postgis_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let (_, options) = url.split_once('?').unwrap();
    let mut connection = PgConnection::connect(&format!("postgres:///{name}?{options}")).await.unwrap();
    connection.execute("CREATE EXTENSION postgis; SET client_min_messages = error").await.unwrap();
    Some(connection)
}

/// Square metres of a figure on the spheroid, its edges cut.
const SIZE: &str = "ST_Area(ST_Segmentize(figure, greatest(greatest(ST_XMax(figure) - ST_XMin(figure),
    ST_YMax(figure) - ST_YMin(figure)) / 512, 5e-6))::geography)";

fn near(ours: f64, theirs: f64, what: &str) {
    assert!((ours - theirs).abs() <= ours * 1e-6 + 1e-3, "{ours} {theirs} {what}");
}

#[tokio::test]
async fn lim_2_sizes_are_those_of_postgis_from_three_square_metres_to_a_country_across_the_180th_meridian_too() {
    let Some(mut postgis) = postgis().await else { return };
    let mut dice = Dice(0x5eed_0001);
    let areas: Vec<_> = (0..AREAS)
        .map(|_| {
            let (middle, size) = place(&mut dice);
            area(&mut dice, middle, size)
        })
        .collect();
    assert!(areas.iter().filter(|area| area.is_across()).count() > AREAS / 10);
    let texts: Vec<_> = areas.iter().map(|area| text(area, 1e7, 0)).collect();
    let query = format!(
        "SELECT {SIZE} AS size FROM (SELECT ST_GeomFromText(words, 4326) AS figure, at
         FROM unnest($1::text[]) WITH ORDINALITY AS given (words, at)) AS figures ORDER BY at"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).bind(&texts).fetch_all(&mut postgis).await.unwrap();
    assert_eq!(rows.len(), areas.len());
    for ((area, row), text) in areas.iter().zip(&rows).zip(&texts) {
        near(area.square_metres(), row.try_get("size").unwrap(), text);
    }
}

#[tokio::test]
async fn lim_2_the_union_of_areas_is_that_of_postgis() {
    let Some(mut postgis) = postgis().await else { return };
    let mut dice = Dice(0x5eed_0002);
    let query = format!(
        "SELECT {SIZE} AS size FROM (SELECT ST_UnaryUnion(ST_Collect(ST_GeomFromText(words, 4326))) AS figure
         FROM unnest($1::text[]) AS given (words)) AS figures"
    );
    for _ in 0..TOGETHER {
        let ((lon, lat), size) = place(&mut dice);
        let areas: Vec<_> = (0..2 + dice.next() % 6)
            .map(|_| {
                let middle = (lon + dice.between(-1.0, 1.0) * size, lat + dice.between(-1.0, 1.0) * size);
                area(&mut dice, middle, size)
            })
            .collect();
        // On one side of the jump: what lies west of it is written a whole turn further east.
        let shift = |area: &Area| if lon > 90.0 && area.unrolled()[0][0].0 < 0 { 3_600_000_000 } else { 0 };
        let texts: Vec<_> = areas.iter().map(|area| text(area, 1e7, shift(area))).collect();
        let row = sqlx::query(sqlx::AssertSqlSafe(query.as_str())).bind(&texts).fetch_one(&mut postgis).await.unwrap();
        let together = square_metres_together(&areas.iter().collect::<Vec<_>>()).unwrap();
        near(together, row.try_get("size").unwrap(), &format!("{texts:?}"));
    }
}

#[tokio::test]
async fn qry_4_what_is_inside_is_what_postgis_says_is_covered() {
    let Some(mut postgis) = postgis().await else { return };
    let mut dice = Dice(0x5eed_0003);
    let (mut figures, mut xs, mut ys, mut ours) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..AREAS {
        let (middle, size) = place(&mut dice);
        let area = area(&mut dice, middle, size);
        let corner = area.outline()[0];
        for number in 0..POINTS {
            let lon = middle.0 + dice.between(-1.0, 1.0) * size;
            let lon = if lon > 180.0 { lon - 360.0 } else { lon };
            let lat = (middle.1 + dice.between(-1.0, 1.0) * size).clamp(-90.0, 90.0);
            let point =
                if number == 0 { corner } else { Position::from_degrees(lat, lon.clamp(-180.0, 180.0)).unwrap() };
            // Whole units, so that both sides are exact.
            figures.push(text(&area, 1.0, 0));
            #[expect(clippy::cast_precision_loss, reason = "1e-7 degrees are below 2^53")]
            xs.push(area.unrolled_lon(point.lon_e7) as f64);
            ys.push(f64::from(point.lat_e7));
            ours.push(area.contains(point));
        }
    }
    let rows = sqlx::query(
        "SELECT ST_Covers(ST_GeomFromText(words), ST_MakePoint(x, y)) AS inside
         FROM unnest($1::text[], $2::float8[], $3::float8[]) WITH ORDINALITY AS given (words, x, y, at) ORDER BY at",
    )
    .bind(&figures)
    .bind(&xs)
    .bind(&ys)
    .fetch_all(&mut postgis)
    .await
    .unwrap();
    assert!(ours.iter().filter(|inside| **inside).count() > AREAS);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(ours[at], row.try_get::<bool, _>("inside").unwrap(), "{} {} {}", figures[at], xs[at], ys[at]);
    }
}
