//! Takes a recorded multipart body apart, for `feed try`. The server reads multipart requests by their headers.

/// Parts of one body; a body of more is not one of a camera.
const PARTS_MAX: usize = 32;

pub(crate) struct Parts<'a> {
    pub(crate) json: &'a [u8],
    pub(crate) upload: Option<&'a [u8]>,
}

/// The parts `json` and `upload`, with the boundary taken from the first line. File names are not looked at.
pub(crate) fn split(body: &[u8]) -> Option<Parts<'_>> {
    let line_end = find(body, b"\r\n")?;
    let boundary = body.get(..line_end).filter(|line| line.starts_with(b"--") && (3..=200).contains(&line.len()))?;
    let (mut json, mut upload) = (None, None);
    let mut rest = body.get(line_end + 2..)?;
    for _ in 0..PARTS_MAX {
        // A sender that breaks off may leave out the last boundary.
        let end = find_boundary(rest, boundary);
        let part = rest.get(..end.unwrap_or(rest.len()))?;
        if let Some(headers_end) = find(part, b"\r\n\r\n") {
            let (headers, content) = (part.get(..headers_end)?, part.get(headers_end + 4..)?);
            match name(headers).as_deref() {
                Some("json") => json = json.or(Some(content)),
                Some("upload") => upload = upload.or(Some(content)),
                _ => {}
            }
        }
        let Some(end) = end else { break };
        rest = rest.get(end + 2 + boundary.len()..)?;
        if rest.starts_with(b"--") {
            break;
        }
        rest = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    }
    Some(Parts { json: json?, upload })
}

/// The name of a form field from the part's headers.
fn name(headers: &[u8]) -> Option<String> {
    let headers = String::from_utf8_lossy(headers.get(..headers.len().min(1_024))?).into_owned();
    let disposition = headers.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    disposition
        .split(';')
        .find_map(|word| word.trim().strip_prefix("name="))
        .map(|name| name.trim_matches('"').to_owned())
}

/// Where a line break and the boundary begin.
fn find_boundary(body: &[u8], boundary: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + find(body.get(from..)?, b"\r\n--")?;
        if body.get(at + 2..)?.starts_with(boundary) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn find(body: &[u8], wanted: &[u8]) -> Option<usize> {
    body.windows(wanted.len()).position(|window| window == wanted)
}
