//! Buildings that people know: schools, hospitals, places of worship and others, as polygons in city blocks.

use crate::ground::{Ground, Metre, ground_at};
use crate::streets::bent;
use domain::Position;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LandmarkKind {
    School,
    Hospital,
    Clinic,
    PlaceOfWorship,
    Government,
    Shopping,
    Stadium,
    Transport,
}

impl LandmarkKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::School => "school",
            Self::Hospital => "hospital",
            Self::Clinic => "clinic",
            Self::PlaceOfWorship => "place-of-worship",
            Self::Government => "government",
            Self::Shopping => "shopping",
            Self::Stadium => "stadium",
            Self::Transport => "transport",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Landmark {
    pub kind: LandmarkKind,
    pub name: &'static str,
    /// A ring without the repeated last corner.
    pub outline: Vec<Position>,
}

use LandmarkKind::{Clinic, Government, Hospital, PlaceOfWorship, School, Shopping, Stadium, Transport};

/// Kind, name, south-west corner (column, row) and how many blocks it fills.
const PLACES: [(LandmarkKind, &str, i32, i32, i32, i32); 30] = [
    (Government, "City Hall", -11, 2, 1, 1),
    (Government, "County Courthouse", -9, 1, 1, 1),
    (Government, "Police Headquarters", -7, 4, 1, 1),
    (Hospital, "Larkin General Hospital", -4, 7, 2, 2),
    (Hospital, "St. Brannoc Hospital", 8, -8, 2, 2),
    (Hospital, "Northgate Medical Center", 2, 25, 2, 2),
    (Clinic, "Bayview Women's Clinic", -10, -4, 1, 1),
    (Clinic, "Alder Street Recovery Clinic", 5, 3, 1, 1),
    (School, "Harbor Elementary School", -14, 7, 1, 1),
    (School, "Founders High School", -5, 11, 2, 2),
    (School, "Otter River School", 4, -4, 1, 1),
    (School, "Signal Hill Middle School", 16, -11, 2, 1),
    (School, "Lakeside Elementary School", 13, 19, 2, 2),
    (School, "Southshore School", -13, -20, 1, 1),
    (School, "Eastfield High School", 25, 10, 2, 2),
    (School, "Port Larkin University", -2, -13, 3, 2),
    (PlaceOfWorship, "First Harbor Church", -13, 4, 1, 1),
    (PlaceOfWorship, "Larkin Islamic Center", 1, 7, 1, 1),
    (PlaceOfWorship, "Temple Beth Shalom", -8, 10, 1, 1),
    (PlaceOfWorship, "St. Brannoc Church", 10, -10, 1, 1),
    (PlaceOfWorship, "Golden Lotus Temple", 7, 10, 1, 1),
    (PlaceOfWorship, "Gurdwara of the Bay", 19, 2, 1, 1),
    (PlaceOfWorship, "Grace Chapel", -4, -22, 1, 1),
    (Shopping, "Tidewater Mall", 13, 8, 3, 2),
    (Shopping, "Cannery Market", -15, 1, 2, 1),
    (Shopping, "Southgate Center", 3, -26, 2, 2),
    (Stadium, "Larkin Park Stadium", -8, -10, 2, 3),
    (Transport, "Union Station", -6, 1, 2, 1),
    (Transport, "Ferry Terminal", -16, -2, 1, 1),
    (Transport, "Eastfield Bus Depot", 22, -4, 1, 1),
];

pub(crate) fn landmarks() -> Vec<Landmark> {
    let inset = 0.16;
    let build = |&(kind, name, column, row, wide, high): &(LandmarkKind, &'static str, i32, i32, i32, i32)| {
        let (west, south) = (f64::from(column) + inset, f64::from(row) + inset);
        let (east, north) = (f64::from(column + wide) - inset, f64::from(row + high) - inset);
        // One corner is cut so that buildings do not all look alike.
        let cut = 0.22 * (north - south);
        let corners = [
            (west, south),
            (east, south),
            (east, north - cut),
            (east - cut, north - cut),
            (east - cut, north),
            (west, north),
        ];
        let corners: Vec<Metre> = corners.iter().map(|(x, y)| bent(*x, *y)).collect();
        let dry = corners.iter().all(|corner| matches!(ground_at(*corner), Ground::Land | Ground::Park));
        dry.then(|| Landmark { kind, name, outline: corners.iter().map(|corner| corner.position()).collect() })
    };
    PLACES.iter().filter_map(build).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_landmark_stands_on_dry_land() {
        let built: Vec<&str> = landmarks().iter().map(|landmark| landmark.name).collect();
        let wet: Vec<&str> = PLACES.iter().map(|place| place.1).filter(|name| !built.contains(name)).collect();
        assert!(wet.is_empty(), "{wet:?} would stand in water");
    }
}
