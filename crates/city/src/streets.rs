//! The street network: a gently bent grid with freeways, boulevards and lanes, cut by coast, river and parks.

use crate::chance::{Chance, Topic};
use crate::ground::{Ground, Metre, ground_at};
use domain::Position;

/// How large a street is; larger ones are faster and drawn wider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreetClass {
    Residential,
    Collector,
    Arterial,
    Freeway,
}

impl StreetClass {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Residential => "residential",
            Self::Collector => "collector",
            Self::Arterial => "arterial",
            Self::Freeway => "freeway",
        }
    }

    /// Free-flow speed in metres a second.
    pub(crate) fn speed(self) -> f64 {
        match self {
            Self::Residential => 8.0,
            Self::Collector => 11.5,
            Self::Arterial => 15.0,
            Self::Freeway => 26.5,
        }
    }
}

/// A street, or a stretch of one between places where it is interrupted.
#[derive(Clone, Debug)]
pub struct Street {
    pub name: String,
    pub class: StreetClass,
    pub points: Vec<Position>,
}

pub(crate) struct Node {
    pub(crate) place: Metre,
    /// The column and row of the grid, whose lines cross here.
    pub(crate) column: i32,
    pub(crate) row: i32,
    /// The larger and the smaller class of the two.
    pub(crate) classes: (StreetClass, StreetClass),
}

pub(crate) struct Edge {
    pub(crate) class: StreetClass,
    pub(crate) metres: f64,
}

pub(crate) struct Network {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) streets: Vec<Street>,
    /// For each node: (neighbour, edge).
    pub(crate) beside: Vec<Vec<(usize, usize)>>,
}

const COLUMNS: std::ops::RangeInclusive<i32> = -29..=35;
const ROWS: std::ops::RangeInclusive<i32> = -35..=35;
/// Metres between two lines of the grid before it is bent.
const COLUMN_METRES: f64 = 210.0;
const ROW_METRES: f64 = 182.0;
/// The column of the north-south freeway and the row of the east-west toll road.
pub(crate) const FREEWAY_COLUMN: i32 = 12;
pub(crate) const TOLL_ROW: i32 = -15;
/// Where the diagonal boulevard begins, and how many blocks it crosses.
const DIAGONAL: (i32, i32, i32) = (-9, 3, 21);

fn column_class(column: i32) -> StreetClass {
    if column == FREEWAY_COLUMN { StreetClass::Freeway } else { line_class(column) }
}

fn row_class(row: i32) -> StreetClass {
    if row == TOLL_ROW { StreetClass::Freeway } else { line_class(row) }
}

fn line_class(line: i32) -> StreetClass {
    match (line.rem_euclid(6), line.rem_euclid(3)) {
        (0, _) => StreetClass::Arterial,
        (_, 0) => StreetClass::Collector,
        _ => StreetClass::Residential,
    }
}

/// Bends the grid: a swirl that turns downtown towards the harbour, and slow waves elsewhere.
pub(crate) fn bent(column: f64, row: f64) -> Metre {
    let (x, y) = (column * COLUMN_METRES, row * ROW_METRES);
    let (from_x, from_y) = (x + 2300.0, y - 250.0);
    let nearness = 1.0 / (1.0 + (from_x * from_x + from_y * from_y) / (1700.0 * 1700.0));
    let (sin, cos) = (0.62 * nearness * nearness).sin_cos();
    let (turned_x, turned_y) = (from_x * cos - from_y * sin - 2300.0, from_x * sin + from_y * cos + 250.0);
    let wave_x = 170.0 * (turned_y / 1900.0 + 0.5).sin() + 55.0 * (turned_y / 640.0).sin();
    let wave_y = 190.0 * (turned_x / 2400.0 + 1.1).sin() + 45.0 * (turned_x / 700.0 + 0.3).sin();
    Metre::new(turned_x + wave_x, turned_y + wave_y)
}

/// What stands where two lines of the grid would cross.
#[derive(Clone, Copy, PartialEq)]
enum Crossing {
    Node(usize),
    /// The lines pass over or through without meeting: sparse outskirts, a freeway, a park.
    Passed,
    River,
    Blocked,
}

struct Grid {
    crossings: Vec<Crossing>,
    nodes: Vec<Node>,
}

impl Grid {
    fn at(&self, column: i32, row: i32) -> Crossing {
        if !COLUMNS.contains(&column) || !ROWS.contains(&row) {
            return Crossing::Blocked;
        }
        let width = COLUMNS.end() - COLUMNS.start() + 1;
        let index = (row - ROWS.start()) * width + column - COLUMNS.start();
        self.crossings.get(index as usize).copied().unwrap_or(Crossing::Blocked)
    }

    fn build() -> Self {
        let mut grid = Self { crossings: Vec::new(), nodes: Vec::new() };
        for row in ROWS {
            for column in COLUMNS {
                let crossing = grid.cross(column, row);
                grid.crossings.push(crossing);
            }
        }
        grid
    }

    fn cross(&mut self, column: i32, row: i32) -> Crossing {
        let place = bent(f64::from(column), f64::from(row));
        let (of_column, of_row) = (column_class(column), row_class(row));
        let classes = (of_column.max(of_row), of_column.min(of_row));
        let out = ((place.x - 900.0) / 6700.0).powi(4) + (place.y / 6350.0).powi(4);
        if out > 1.0 {
            return Crossing::Blocked;
        }
        match ground_at(place) {
            Ground::Water => return Crossing::Blocked,
            Ground::River => return Crossing::River,
            Ground::Park if classes.0 <= StreetClass::Collector => return Crossing::Blocked,
            Ground::Park if classes.1 <= StreetClass::Collector => return Crossing::Passed,
            Ground::Park | Ground::Land => {}
        }
        let core = ((place.x + 1000.0) / 4300.0).powi(2) + ((place.y - 200.0) / 4000.0).powi(2);
        let left_out = |line: i32, class| class == StreetClass::Residential && core > 1.0 && line.rem_euclid(2) == 1;
        let met_by_a_lane = classes.0 == StreetClass::Freeway && classes.1 < StreetClass::Arterial;
        if left_out(column, of_column) || left_out(row, of_row) || met_by_a_lane {
            return Crossing::Passed;
        }
        self.nodes.push(Node { place, column, row, classes });
        Crossing::Node(self.nodes.len() - 1)
    }
}

/// One line of the grid, walked from end to end.
struct Line {
    name: String,
    class: StreetClass,
    /// Whether lanes are left out in the outskirts: the line's number is odd.
    crossings: Vec<Crossing>,
}

fn lines(grid: &Grid) -> Vec<Line> {
    let mut all = Vec::new();
    for column in COLUMNS {
        let class = column_class(column);
        let crossings = ROWS.map(|row| grid.at(column, row)).collect();
        all.push(Line { name: column_name(column, class), class, crossings });
    }
    for row in ROWS {
        let class = row_class(row);
        let crossings = COLUMNS.map(|column| grid.at(column, row)).collect();
        all.push(Line { name: row_name(row, class), class, crossings });
    }
    let (column, row, blocks) = DIAGONAL;
    let crossings = (0..=blocks).map(|step| grid.at(column + step, row + step)).collect();
    all.push(Line { name: "Mission Diagonal".into(), class: StreetClass::Arterial, crossings });
    all
}

impl Network {
    pub(crate) fn build(key: u64) -> Self {
        let grid = Grid::build();
        let lines = lines(&grid);
        let mut network =
            Self { beside: vec![Vec::new(); grid.nodes.len()], nodes: grid.nodes, edges: vec![], streets: vec![] };
        let mut chance = Chance::new(key, Topic::Network, 1, 0);
        for line in lines {
            network.lay(&line, &mut chance);
        }
        network
    }

    /// Lays a line's stretches: breaks at water and parks, bridges the river with large streets only.
    fn lay(&mut self, line: &Line, chance: &mut Chance) {
        let mut stretch: Vec<usize> = Vec::new();
        let mut over_river = 0;
        for crossing in &line.crossings {
            match *crossing {
                Crossing::Node(node) => {
                    let bridged = over_river == 0 || (line.class >= StreetClass::Arterial && over_river <= 4);
                    let kept = line.class > StreetClass::Residential || !chance.happens(0.07);
                    if let Some(last) = stretch.last().copied() {
                        if bridged && kept {
                            self.connect(last, node, line.class);
                        } else {
                            self.finish(line, &mut stretch);
                        }
                    }
                    stretch.push(node);
                    over_river = 0;
                }
                Crossing::Passed => {}
                Crossing::River => over_river += 1,
                Crossing::Blocked => {
                    self.finish(line, &mut stretch);
                    over_river = 0;
                }
            }
        }
        self.finish(line, &mut stretch);
    }

    fn connect(&mut self, from: usize, to: usize, class: StreetClass) {
        let (Some(a), Some(b)) = (self.nodes.get(from), self.nodes.get(to)) else { return };
        let metres = a.place.distance(b.place);
        let edge = self.edges.len();
        self.edges.push(Edge { class, metres });
        for (node, other) in [(from, to), (to, from)] {
            if let Some(list) = self.beside.get_mut(node) {
                list.push((other, edge));
            }
        }
    }

    fn finish(&mut self, line: &Line, stretch: &mut Vec<usize>) {
        if stretch.len() > 1 {
            let points =
                stretch.iter().filter_map(|node| self.nodes.get(*node)).map(|node| node.place.position()).collect();
            self.streets.push(Street { name: line.name.clone(), class: line.class, points });
        }
        stretch.clear();
    }

    pub(crate) fn place(&self, node: usize) -> Metre {
        self.nodes.get(node).map_or(Metre { x: 0.0, y: 0.0 }, |node| node.place)
    }

    /// Names of the two streets that cross at a node, the larger first.
    pub(crate) fn corner(&self, node: usize) -> String {
        let Some(node) = self.nodes.get(node) else { return String::new() };
        let (of_column, of_row) = (column_class(node.column), row_class(node.row));
        let (column, row) = (column_name(node.column, of_column), row_name(node.row, of_row));
        if of_column >= of_row { format!("{column} at {row}") } else { format!("{row} at {column}") }
    }
}

const NAMES: [&str; 65] = [
    "Anchor",
    "Pelican",
    "Cannery",
    "Lantern",
    "Kelp",
    "Marlin",
    "Breaker",
    "Drydock",
    "Cooper",
    "Tidewater",
    "Gull",
    "Juniper",
    "Chandler",
    "Halyard",
    "Sextant",
    "Alder",
    "Birch",
    "Cobalt",
    "Wharf",
    "Dover",
    "Ember",
    "Fathom",
    "Garnet",
    "Harbor",
    "Iris",
    "Jasper",
    "Keel",
    "Larkin",
    "Maple",
    "Needle",
    "Orchard",
    "Plover",
    "Quince",
    "Rigger",
    "Sable",
    "Teal",
    "Union",
    "Violet",
    "Willow",
    "Yarrow",
    "Zephyr",
    "Aspen",
    "Briar",
    "Cedar",
    "Dune",
    "Elder",
    "Fern",
    "Grove",
    "Heron",
    "Indigo",
    "Kestrel",
    "Linden",
    "Meadow",
    "Nutmeg",
    "Otter",
    "Poplar",
    "Raven",
    "Sorrel",
    "Thistle",
    "Umber",
    "Vesper",
    "Walnut",
    "Hazel",
    "Sumac",
    "Tansy",
];

fn column_name(column: i32, class: StreetClass) -> String {
    let name = NAMES.get((column - COLUMNS.start()) as usize).copied().unwrap_or("Border");
    match class {
        StreetClass::Freeway => "Route 9".into(),
        StreetClass::Arterial => format!("{name} Boulevard"),
        StreetClass::Collector => format!("{name} Avenue"),
        StreetClass::Residential => format!("{name} Lane"),
    }
}

fn row_name(row: i32, class: StreetClass) -> String {
    let number = ROWS.end() - row + 1;
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    match class {
        StreetClass::Freeway => "Larkin Toll Road".into(),
        _ => format!("{number}{ending} Street"),
    }
}
