//! Segment files taken apart and put together again with right checksums, as nobody but a forger would.

const TOC_AT: usize = 64;
const LINE: usize = 64;

pub(crate) struct Crafted {
    pub(crate) version: u32,
    pub(crate) rows: u64,
    sections: Vec<([u8; 40], Vec<u8>)>,
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn name(head: &[u8]) -> &str {
    std::str::from_utf8(&head[..32]).unwrap().trim_end_matches('\0')
}

impl Crafted {
    pub(crate) fn of(file: &[u8]) -> Self {
        let toc = file[TOC_AT..].chunks_exact(LINE).take(file[12].into());
        let part = |entry: &[u8]| {
            let (start, length) = (number(entry, 40), number(entry, 48));
            let (start, length) = (usize::try_from(start).unwrap(), usize::try_from(length).unwrap());
            (entry[..40].try_into().unwrap(), file[start..start + length].to_vec())
        };
        Self { version: file[8].into(), rows: number(file, 24), sections: toc.map(part).collect() }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.sections.iter().map(|(head, _)| name(head).to_owned()).collect()
    }

    pub(crate) fn section(&mut self, wanted: &str) -> &mut Vec<u8> {
        self.sections.iter_mut().find(|(head, _)| name(head) == wanted).map(|(_, bytes)| bytes).unwrap()
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let (mut toc, mut body) = (Vec::new(), Vec::new());
        let start = TOC_AT + self.sections.len() * LINE;
        for (head, bytes) in &self.sections {
            let offset = start + body.len();
            let mut padded = bytes.clone();
            padded.resize(bytes.len().next_multiple_of(LINE), 0);
            toc.extend_from_slice(head);
            toc.extend_from_slice(&(offset as u64).to_le_bytes());
            toc.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            toc.extend_from_slice(&crc32c::crc32c(&padded).to_le_bytes());
            toc.extend_from_slice(&[0; 4]);
            body.extend_from_slice(&padded);
        }
        let mut header = b"SIGHTSEG".to_vec();
        header.extend_from_slice(&self.version.to_le_bytes());
        header.extend_from_slice(&u32::try_from(self.sections.len()).unwrap().to_le_bytes());
        header.extend_from_slice(&((start + body.len()) as u64).to_le_bytes());
        header.extend_from_slice(&self.rows.to_le_bytes());
        header.extend_from_slice(&crc32c::crc32c(&toc).to_le_bytes());
        header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
        header.resize(TOC_AT, 0);
        [header, toc, body].concat()
    }
}
