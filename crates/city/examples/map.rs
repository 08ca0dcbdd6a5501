//! Writes the map as `GeoJSON` files into a folder: `cargo run -p city --example map -- city-map`.

use city::{City, CityPlan};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "city-map".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let city = City::build(CityPlan::default())?;
    let layers = [
        ("streets", city.streets_geojson()),
        ("patches", city.patches_geojson()),
        ("landmarks", city.landmarks_geojson()),
        ("cameras", city.cameras_geojson()),
    ];
    for (name, layer) in layers {
        std::fs::write(folder.join(format!("{name}.geojson")), serde_json::to_vec(&layer)?)?;
    }
    Ok(())
}
