//! Sizes on the WGS 84 ellipsoid of figures whose edges are straight in longitude and latitude.
//!
//! That is the figure that a search looks in, so what is measured is what is found. `geo` measures figures whose edges are
//! geodesics: for an edge of 10 km at 60 degrees north these leave ours by up to 3.4 m, and by more than a kilometre for
//! one of 200 km. The integral is exact; its evaluation errs by less than 1e-9 of the size, of three square metres as of a
//! continent. The tests compare it with `geo` and `PostGIS`, after cutting edges so short that both kinds agree.

/// Semi-major axis in metres, and flattening.
const AXIS: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
const ECCENTRICITY_SQUARED: f64 = FLATTENING * (2.0 - FLATTENING);
/// Radians of latitude that an edge is evaluated over at once: three points are then good to 1e-14.
const PIECE_RADIANS: f64 = 0.05;
const RADIANS: f64 = std::f64::consts::PI / 180.0 / 1e7;

/// Gauss and Legendre's points between 0 and 1 with their weights.
const THREE: [(f64, f64); 3] =
    [(0.112_701_665_379_258_3, 5.0 / 18.0), (0.5, 4.0 / 9.0), (0.887_298_334_620_741_7, 5.0 / 18.0)];
const FOUR: [(f64, f64); 4] = [
    (0.069_431_844_202_973_71, 0.173_927_422_568_726_93),
    (0.330_009_478_207_571_87, 0.326_072_577_431_273_07),
    (0.669_990_521_792_428_1, 0.326_072_577_431_273_07),
    (0.930_568_155_797_026_3, 0.173_927_422_568_726_93),
];

/// A corner in 1e-7 degree, as longitude and latitude from an origin.
pub(super) type Offset = (f64, f64);

/// Square metres inside a ring, whichever way round it goes. `latitude`: of the origin, in 1e-7 degree.
pub(super) fn of_ring(ring: &[Offset], latitude: f64) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let sum: f64 = ring.iter().zip(next).map(|(from, to)| under_edge(*from, *to, latitude)).sum();
    (sum * RADIANS).abs()
}

/// What lies between an edge and the origin's parallel; square metres over a radian, times 1e-7 degree.
fn under_edge(from: Offset, to: Offset, latitude: f64) -> f64 {
    let (east, north) = (to.0 - from.0, to.1 - from.1);
    if east == 0.0 {
        return 0.0;
    }
    let pieces = (north.abs() * RADIANS / PIECE_RADIANS).ceil().max(1.0);
    let (mut sum, mut piece) = (0.0, 0.0);
    while piece < pieces {
        for (place, weight) in THREE {
            sum += weight * zone(from.1 + north * ((piece + place) / pieces), latitude);
        }
        piece += 1.0;
    }
    east * sum / pieces
}

/// Square metres, for each radian of longitude, between the origin's parallel and one this far north of it: the integral
/// of a² (1 - e²) cos φ / (1 - e² sin² φ)², taken over sin φ, whose difference is written so that nearness loses no digits.
fn zone(north: f64, latitude: f64) -> f64 {
    let (half, middle) = (north / 2.0 * RADIANS, (latitude + north / 2.0) * RADIANS);
    let rise = 2.0 * middle.cos() * half.sin();
    let from = (latitude * RADIANS).sin();
    let mean: f64 = FOUR
        .iter()
        .map(|(place, weight)| weight / (1.0 - ECCENTRICITY_SQUARED * (from + place * rise).powi(2)).powi(2))
        .sum();
    AXIS * AXIS * (1.0 - ECCENTRICITY_SQUARED) * rise * mean
}
