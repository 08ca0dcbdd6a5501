//! Draws sample pictures into a folder: `cargo run -p city --example samples -- /tmp/city-samples`.

use city::{City, CityPlan, picture};
use std::collections::HashMap;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "city-samples".into());
    std::fs::create_dir_all(&folder)?;
    let city = City::build(CityPlan::default())?;
    let mut taken: HashMap<(String, String, bool), u32> = HashMap::new();
    let (mut drawn, mut spent) = (0_u32, 0.0);
    for read in city.detections(40_000).step_by(7) {
        let subject = city.subject(&read);
        let kind = (subject.source.to_string(), format!("{:?}", subject.body), subject.night);
        let count = taken.entry(kind.clone()).or_default();
        if *count >= 1 {
            continue;
        }
        *count += 1;
        let name =
            format!("{folder}/{}-{}-{}-{}", kind.0, kind.1, if kind.2 { "night" } else { "day" }, subject.colour);
        let start = Instant::now();
        let (scene, plate) = (picture::draw_scene(&subject), picture::draw_plate(&subject));
        spent += start.elapsed().as_secs_f64();
        drawn += 1;
        std::fs::write(format!("{name}-scene.jpg"), scene)?;
        std::fs::write(format!("{name}-plate.jpg"), plate)?;
    }
    let mean = spent / f64::from(drawn.max(1)) * 1000.0;
    std::io::Write::write_all(&mut std::io::stdout(), format!("{drawn} pairs, {mean:.1} ms a pair\n").as_bytes())?;
    Ok(())
}
