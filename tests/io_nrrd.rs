//! What NRRD allows beyond what is written here. Every expectation is what ITK 5.4.7 gave for the same bytes, unless a comment
//! says otherwise.

use itk_core::{AnyImage, PixelKind, PixelType};
use itk_io::{info, read};

use super::bytes;
use super::files::{Folder, SIX, gzip};

const FLAT: &str = "type: uchar\ndimension: 2\nsizes: 3 2\n";

#[test]
fn nrrd_encodings_and_skips() {
    let folder = Folder::new();
    for (lines, data) in [
        ("encoding: raw\n", SIX.to_vec()),
        ("ENCODING: RAW\n", [&SIX[..], b"more"].concat()),
        ("encoding: gzip\n", gzip(&SIX)),
        ("encoding: gz\n", [gzip(&SIX[..2]), gzip(&SIX[2..])].concat()),
        ("encoding: gzip\n", [&gzip(&SIX)[..], b"junk"].concat()),
        ("encoding: ascii\n", b"1 2 3\n4 5 6".to_vec()),
        ("encoding: text\n", b"1 2 3 4 5 6 7".to_vec()),
        ("encoding: hex\n", b"0102 03\n0405 06\n".to_vec()),
        ("encoding: raw\nbyte skip: 2\n", [b"xx", &SIX[..]].concat()),
        ("encoding: raw\nbyteskip: -1\n", [b"xxxx", &SIX[..]].concat()),
        ("encoding: raw\nline skip: 1\n", [b"hello\n", &SIX[..]].concat()),
        ("encoding: raw\nlineskip: 1\nbyteskip: 2\n", [b"hello\nxx", &SIX[..]].concat()),
        ("encoding: gzip\nbyte skip: 2\n", gzip(&[b"xx", &SIX[..]].concat())),
        ("encoding: gzip\nbyte skip: -1\n", gzip(&[b"xx", &SIX[..]].concat())),
        ("encoding: gzip\nline skip: 1\n", [b"hello\n", &gzip(&SIX)[..]].concat()),
    ] {
        let path = folder.nrrd(&format!("{FLAT}{lines}"), data);
        let image = read(path).unwrap_or_else(|error| panic!("{lines:?}: {error}"));
        assert_eq!(bytes(&image), SIX, "{lines:?}");
    }
    let crlf = format!("NRRD0001\r\n{FLAT}encoding: raw\n\n").replace("\r\n", "\n").replace('\n', "\r\n");
    assert_eq!(bytes(&read(folder.put("y.nrrd", [crlf.as_bytes(), &SIX].concat())).unwrap()), SIX);
    for (endian, value) in [("big", 0x0102), ("LITTLE", 0x0201)] {
        let lines = format!("type: short\ndimension: 2\nsizes: 3 1\nencoding: raw\nendian: {endian}\n");
        let AnyImage::I16(image) = read(folder.nrrd(&lines, SIX)).unwrap() else { panic!() };
        assert_eq!(image.to_vec()[0], value);
    }
    let floats = "type: float\ndimension: 1\nsizes: 4\nencoding: ascii\n";
    let AnyImage::F32(image) = read(folder.nrrd(floats, "nan inf -inf 1e-3")).unwrap() else { panic!() };
    let values = image.to_vec();
    assert!(values[0].is_nan() && values[1..] == [f32::INFINITY, f32::NEG_INFINITY, 1e-3]);
}

#[test]
fn nrrd_types_have_many_names() {
    let folder = Folder::new();
    for (names, pixel_type) in [
        ("signed char|int8|int8_t", PixelType::I8),
        ("uchar|unsigned char|uint8|uint8_t|UChar", PixelType::U8),
        ("short|short int|signed short|signed short int|int16|int16_t", PixelType::I16),
        ("ushort|unsigned short|unsigned short int|uint16|uint16_t", PixelType::U16),
        ("int|signed int|int32|int32_t", PixelType::I32),
        ("uint|unsigned int|uint32|uint32_t", PixelType::U32),
        (
            "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
            PixelType::I64,
        ),
        ("ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t", PixelType::U64),
        ("float|FLOAT", PixelType::F32),
        ("double", PixelType::F64),
    ] {
        for name in names.split('|') {
            let lines = format!("type: {name}\ndimension: 2\nsizes: 1 1\nencoding: ascii\n");
            assert_eq!(read(folder.nrrd(&lines, "5\n")).unwrap().header().pixel_type, pixel_type, "{name}");
        }
    }
}

#[test]
fn nrrd_without_a_space() {
    let folder = Folder::new();
    for (lines, spacing, origin, direction) in [
        ("spacings: 2 -3\n", [2.0, 3.0], [0.0, 0.0], [1.0, 0.0, 0.0, -1.0]),
        ("spacings: 2 nan\n", [2.0, 1.0], [0.0, 0.0], [1.0, 0.0, 0.0, 1.0]),
        ("spacings: .5 .5\naxis mins: 1 2\n", [0.5, 0.5], [1.25, 2.25], [1.0, 0.0, 0.0, 1.0]),
        (
            "spacings: .5 .5\naxis mins: 1 2\ncenters: node node\n",
            [0.5, 0.5],
            [1.0, 2.0],
            [1.0, 0.0, 0.0, 1.0],
        ),
        ("axis mins: 1 2\n", [1.0, 1.0], [0.0, 0.0], [1.0, 0.0, 0.0, 1.0]),
        ("axis mins: 0 0\naxis maxs: 3 4\n", [1.0, 1.0], [0.5, 1.0], [1.0, 0.0, 0.0, 1.0]),
        (
            "axismins: 0 0\naxismaxs: 4 4\ncenterings: node node\n",
            [1.0, 1.0],
            [0.0, 0.0],
            [1.0, 0.0, 0.0, 1.0],
        ),
        ("axis maxs: 3 4\n", [1.0, 1.0], [0.0, 0.0], [1.0, 0.0, 0.0, 1.0]),
        ("spacings: -.5 .5\naxis mins: 1 2\n", [0.5, 0.5], [0.75, 2.25], [-1.0, 0.0, 0.0, 1.0]),
    ] {
        let header = info(folder.nrrd(&format!("{FLAT}encoding: raw\n{lines}"), SIX)).unwrap().header;
        let geometry = header.geometry;
        assert_eq!((geometry.spacing(), geometry.origin()), (&spacing[..], &origin[..]), "{lines:?}");
        assert_eq!(geometry.direction(), direction, "{lines:?}");
    }
}

#[test]
fn nrrd_spaces() {
    let folder = Folder::new();
    let cube = "type: uchar\ndimension: 3\nsizes: 3 2 1\nencoding: raw\n";
    let vectors = "space directions: ( 1 , 0 , 0 ) (0,2,0)(0,0,3)\nspace origin: (10, 20,30)\n";
    for (names, signs, name) in [
        ("RAS|right-anterior-superior", [-1.0, -1.0], "left-posterior-superior"),
        ("LAS|left-anterior-superior", [1.0, -1.0], "left-posterior-superior"),
        ("LPS|Left-Posterior-Superior", [1.0, 1.0], "left-posterior-superior"),
        ("scanner-xyz", [1.0, 1.0], "scanner-xyz"),
        ("3D-right-handed", [1.0, 1.0], "3D-right-handed"),
        ("3D-left-handed", [1.0, 1.0], "3D-left-handed"),
    ] {
        for space in names.split('|') {
            let lines =
                format!("{cube}space: {space}\nmeasurement frame: (1,2,3) (0,1,0) (0,0,1)\n{vectors}");
            let info = info(folder.nrrd(&lines, SIX)).unwrap();
            let geometry = &info.header.geometry;
            assert_eq!(geometry.spacing(), [1.0, 2.0, 3.0], "{space}");
            assert_eq!(geometry.origin(), [10.0 * signs[0], 20.0 * signs[1], 30.0], "{space}");
            assert_eq!(
                geometry.direction(),
                [signs[0], 0.0, 0.0, 0.0, signs[1], 0.0, 0.0, 0.0, 1.0],
                "{space}"
            );
            assert_eq!(info.metadata.get("NRRD_space").unwrap().to_string(), name);
            let frame = info.metadata.get("NRRD_measurement frame").unwrap().to_string();
            assert!(frame.starts_with(&format!("({},{},3) ", signs[0], 2.0 * signs[1])), "{space} {frame}");
        }
    }
    let time = "type: uchar\ndimension: 4\nsizes: 3 2 1 1\nencoding: raw\nspace: RAST\n\
                space directions: (1,0,0,0) (0,2,0,0) (0,0,3,0) (0,0,0,4)\nspace origin: (1,2,3,4)\n";
    let time = info(folder.nrrd(time, SIX)).unwrap();
    assert_eq!(time.header.geometry.origin(), [1.0, 2.0, 3.0, 4.0], "ITK turns no space with time");
    for (lines, spacing, origin) in [
        ("space directions: (2,0) (0,3)\nspace origin: (1,2)\n", [2.0, 3.0], [1.0, 2.0]),
        ("", [1.0, 1.0], [0.0, 0.0]),
        ("space origin: (1,2)\n", [1.0, 1.0], [1.0, 2.0]),
        ("space directions: none (0,3)\n", [1.0, 3.0], [0.0, 0.0]),
        ("space directions: (1,0) (1,1)\n", [1.0, std::f64::consts::SQRT_2], [0.0, 0.0]),
    ] {
        let lines = format!("{FLAT}encoding: raw\nspace dimension: 2\n{lines}");
        let geometry = info(folder.nrrd(&lines, SIX)).unwrap().header.geometry;
        assert_eq!((geometry.spacing(), geometry.origin()), (&spacing[..], &origin[..]), "{lines:?}");
    }
}

#[test]
fn nrrd_kinds_become_components() {
    let folder = Folder::new();
    for (kinds, sizes, kind, components, size, values) in [
        ("list domain domain", "2 3 1", PixelKind::Vector, 2, [3, 1], [1, 2, 3, 4, 5, 6]),
        ("domain domain list", "3 1 2", PixelKind::Vector, 2, [3, 1], [1, 4, 2, 5, 3, 6]),
        ("domain vector domain", "3 2 1", PixelKind::Vector, 2, [3, 1], [1, 4, 2, 5, 3, 6]),
        ("3-normal domain domain", "3 2 1", PixelKind::CovariantVector, 3, [2, 1], [1, 2, 3, 4, 5, 6]),
        ("point domain domain", "3 2 1", PixelKind::Point, 3, [2, 1], [1, 2, 3, 4, 5, 6]),
        ("complex space domain", "2 3 1", PixelKind::Complex, 2, [3, 1], [1, 2, 3, 4, 5, 6]),
        ("rgb-color domain domain", "3 2 1", PixelKind::Rgb, 3, [2, 1], [1, 2, 3, 4, 5, 6]),
        ("HSV-color domain domain", "3 2 1", PixelKind::Vector, 3, [2, 1], [1, 2, 3, 4, 5, 6]),
        ("scalar domain domain", "1 3 2", PixelKind::Scalar, 1, [3, 2], [1, 2, 3, 4, 5, 6]),
        ("vector list domain", "3 2 1", PixelKind::Vector, 3, [1, 2], [1, 2, 3, 4, 5, 6]),
        ("vector vector vector", "3 2 1", PixelKind::Vector, 3, [2, 1], [1, 2, 3, 4, 5, 6]),
        ("list vector domain", "3 2 1", PixelKind::Vector, 2, [1, 3], [1, 4, 2, 5, 3, 6]),
    ] {
        let lines = format!("type: uchar\ndimension: 3\nencoding: raw\nsizes: {sizes}\nkinds: {kinds}\n");
        let image = read(folder.nrrd(&lines, SIX)).unwrap_or_else(|error| panic!("{kinds}: {error}"));
        let header = image.header();
        assert_eq!(
            (header.kind, header.components, header.region.size()),
            (kind, components, &size[..]),
            "{kinds}"
        );
        assert_eq!(bytes(&image), values, "{kinds}");
    }
    for kinds in ["domain domain domain", "none domain time", "??? space domain"] {
        let lines = format!("type: uchar\ndimension: 3\nencoding: raw\nsizes: 3 2 1\nkinds: {kinds}\n");
        assert_eq!(read(folder.nrrd(&lines, SIX)).unwrap().header().region.size(), [3, 2, 1], "{kinds}");
    }
    let masked =
        "type: uchar\ndimension: 2\nencoding: ascii\nsizes: 2 7\nkinds: domain 3D-masked-symmetric-matrix\n";
    let image = read(folder.nrrd(masked, "0 1 10 11 20 21 30 31 40 41 50 51 60 61")).unwrap();
    assert_eq!((image.header().kind, image.header().components), (PixelKind::SymmetricTensor, 6));
    assert_eq!(bytes(&image), [10, 20, 30, 40, 50, 60, 11, 21, 31, 41, 51, 61]);
}

#[test]
fn nrrd_finds_its_pixels() {
    let folder = Folder::new();
    for (name, data) in [
        ("a.raw", SIX.to_vec()),
        ("a.gz", gzip(&SIX)),
        ("b.raw", [b"xx", &SIX[..]].concat()),
        ("s1.raw", SIX[..3].to_vec()),
        ("s2.raw", SIX[3..].to_vec()),
        ("two words.raw", SIX.to_vec()),
    ] {
        folder.put(name, data);
    }
    let absolute = format!("data file: {}\n", folder.at("a.raw").display());
    for lines in [
        "data file: a.raw\n",
        "datafile: ./a.raw\n",
        "byte skip: 2\ndata file: b.raw\n",
        "byte skip: -1\ndata file: b.raw\n",
        "data file: LIST\ns1.raw\ns2.raw\n",
        "data file: LIST 1\ns1.raw\ns2.raw\n",
        "data file: LIST 2\na.raw\n",
        "data file: s%d.raw 1 2 1\n",
        "data file: s%d.raw 1 2 1 1\n",
        &absolute,
        // ITK's reader takes only the first word.
        "data file: two words.raw\n",
    ] {
        let head = format!("NRRD0005\n{FLAT}encoding: raw\n{lines}");
        let image = read(folder.put("x.nhdr", head)).unwrap_or_else(|error| panic!("{lines:?}: {error}"));
        assert_eq!(bytes(&image), SIX, "{lines:?}");
    }
    let backwards = format!("NRRD0005\n{FLAT}encoding: raw\ndata file: s%d.raw 2 1 -1\n");
    assert_eq!(bytes(&read(folder.put("x.nhdr", backwards)).unwrap()), [4, 5, 6, 1, 2, 3]);
    let packed = format!("NRRD0005\n{FLAT}encoding: gzip\ndata file: a.gz\n\n");
    assert_eq!(bytes(&read(folder.put("x.nhdr", packed)).unwrap()), SIX);
}

#[test]
fn nrrd_metadata() {
    let folder = Folder::new();
    let lines = "content: some text\nlabels: \"a \\\"b\" \"\"\nunits: \"mm\" \"s\"\nthicknesses: 1 NaN\nkinds: domain time\n\
                 centerings: cell ???\nmin: 0\nold min: 1\noldmax: 9\nsample units: HU\nnumber: 6\n\
                 key:=a\\nb\\\\c\nkey: =no\n# comment\nkey:=last: one := two\n";
    let lines = lines.replace("key: =no\n", "");
    let metadata = info(folder.nrrd(&format!("{FLAT}encoding: raw\n{lines}"), SIX)).unwrap().metadata;
    let found: Vec<_> = metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let expected = [
        "ITK_InputFilterName=NrrdImageIO",
        "NRRD_centerings[0]=cell",
        "NRRD_content=some text",
        "NRRD_kinds[0]=domain",
        "NRRD_kinds[1]=time",
        "NRRD_labels[0]=a \"b",
        "NRRD_old max=9",
        "NRRD_old min=1",
        "NRRD_thicknesses[0]=1",
        "NRRD_units[0]=mm",
        "NRRD_units[1]=s",
        "key=last: one := two",
    ];
    assert_eq!(found, expected);
    let escaped = info(folder.nrrd(&format!("{FLAT}encoding: raw\nk:=a\\nb\\\\c\n"), SIX)).unwrap().metadata;
    assert_eq!(escaped.get("k").unwrap().to_string(), "a\nb\\c");
}
