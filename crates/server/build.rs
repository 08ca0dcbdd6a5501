//! Puts the web app into the binary: every file of `web/build` with its media type, its compressed forms and its `ETag`.
//!
//! Where the web app is not built yet, `scripts/web` builds it. `SIGHTLINE_WEB_BUILD` names another folder.

#![allow(clippy::print_stdout, reason = "cargo reads what a build script prints")]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The page that every address of the web app is answered with.
const PAGE: &str = "app.html";
/// A compressed form is kept where it has less than this share of the bytes.
const WORTH_KEEPING: (usize, usize) = (95, 100);
const BROTLI_QUALITY: i32 = 11;
/// Window of 4 MiB, the largest that browsers must take.
const BROTLI_WINDOW: i32 = 22;

fn main() -> ExitCode {
    match embed() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}

fn embed() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    println!("cargo::rerun-if-env-changed=SIGHTLINE_WEB_BUILD");
    let build = match std::env::var("SIGHTLINE_WEB_BUILD") {
        Ok(folder) => Path::new(&folder).canonicalize().map_err(|error| format!("{folder}: {error}"))?,
        Err(_) => web_build(&root)?,
    };
    println!("cargo::rerun-if-changed={}", build.display());
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut paths = Vec::new();
    collect(&build, &build, &mut paths)?;
    paths.sort();
    let mut table = String::from("static FILES: &[File] = &[\n");
    let mut kept = BTreeSet::new();
    for path in &paths {
        write_file(&mut table, &build, path, &out, &mut kept)?;
    }
    table.push_str("];\n");
    let page = std::fs::read_to_string(build.join(PAGE))
        .map_err(|error| format!("the web app's page {} cannot be read: {error}", build.join(PAGE).display()))?;
    writeln!(table, "const START_SCRIPTS: &str = {:?};", start_scripts(&page)?.concat())?;
    std::fs::write(out.join("web.rs"), table)?;
    forget_old(&out, &kept)
}

/// The folder of the built web app; builds it where it is missing.
fn web_build(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let build = root.join("web/build");
    let script = root.join("scripts/web");
    if !build.join(PAGE).is_file() {
        let done = Command::new(&script).current_dir(root).output();
        if !done.as_ref().is_ok_and(|output| output.status.success()) || !build.join(PAGE).is_file() {
            let said = match done {
                Ok(output) => String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(format!(
                "the web app is not built and scripts/web could not build it ({said}). Install Node 20 or newer with npm, run \
                 `scripts/web`, and build again."
            )
            .into());
        }
    }
    Ok(build)
}

/// Paths of all files below a folder, with `/`.
fn collect(folder: &Path, root: &Path, paths: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, root, paths)?;
            continue;
        }
        // Compressed forms are made here, from the files themselves.
        if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            paths.push(text(path.strip_prefix(root)?)?.replace('\\', "/"));
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))
}

fn write_file(
    table: &mut String,
    build: &Path,
    path: &str,
    out: &Path,
    kept: &mut BTreeSet<String>,
) -> Result<(), Box<dyn Error>> {
    let raw = std::fs::read(build.join(path))?;
    let hash: String = Sha256::digest(&raw).iter().take(16).fold(String::new(), |mut hash, byte| {
        // Writing to a string does not fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    });
    let mut form = |ending: &str, compress: fn(&[u8]) -> std::io::Result<Vec<u8>>| -> Result<String, Box<dyn Error>> {
        // Named by content: a form that was made before is used again.
        let name = format!("{hash}.{ending}");
        let file = out.join(&name);
        let compressed = if file.is_file() { std::fs::read(&file)? } else { compress(&raw)? };
        if compressed.len() * WORTH_KEEPING.1 >= raw.len() * WORTH_KEEPING.0 {
            return Ok("None".into());
        }
        std::fs::write(&file, compressed)?;
        kept.insert(name);
        Ok(format!("Some(include_bytes!({:?}))", text(&file)?))
    };
    let (brotli, gzip) = (form("br", brotli)?, form("gz", gzip)?);
    writeln!(
        table,
        "    File {{ path: {path:?}, media_type: {:?}, hash: {hash:?}, raw: include_bytes!({:?}), brotli: {brotli}, gzip: {gzip} }},",
        media_type(path),
        text(&build.join(path))?,
    )?;
    Ok(())
}

fn brotli(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: raw.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*raw, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(raw)?;
    encoder.finish()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "geojson" => "application/geo+json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Hashes of the scripts inside the page, as a content security policy names them: no other inline script runs.
fn start_scripts(page: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut hashes = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("<script") {
        let (attributes, after) = after.split_once('>').ok_or("a script tag of the web app's page does not end")?;
        let (script, after) = after.split_once("</script>").ok_or("a script of the web app's page does not end")?;
        if !attributes.contains("src=") {
            hashes.push(format!(" 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()))));
        }
        rest = after;
    }
    Ok(hashes)
}

/// Compressed forms of files that are no longer there.
fn forget_old(out: &Path, kept: &BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(out)? {
        let path = entry?.path();
        let is_form = path.extension().is_some_and(|ending| ending == "br" || ending == "gz");
        if is_form && path.file_name().and_then(|name| name.to_str()).is_none_or(|name| !kept.contains(name)) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
