//! What MetaImage and PNG allow beyond what is written here. Every expectation is what ITK 5.4.7 gave for the same
//! bytes, unless a comment says otherwise.

use itk_core::{AnyImage, PixelKind, PixelType};
use itk_io::{info, read};

use super::bytes;
use super::files::{Folder, SIX, gzip, zlib};

#[test]
fn meta_image_has_synonyms_in_a_fixed_order() {
    let folder = Folder::new();
    let geometry = |lines: &str| info(folder.mha(lines, SIX)).unwrap().header.geometry;
    for (lines, origin) in [
        ("Offset = 1 2\n", [1.0, 2.0]),
        ("Position = 1 2\n", [1.0, 2.0]),
        ("Origin = 1 2\n", [1.0, 2.0]),
        ("ImagePosition = 1 2\n", [1.0, 2.0]),
        ("Position = 1 2\nOffset = 3 4\n", [3.0, 4.0]),
        ("Origin = 5 6\nOffset = 3 4\nPosition = 1 2\n", [5.0, 6.0]),
        ("ImagePosition = 1 2\nOrigin = 3 4\n", [1.0, 2.0]),
        ("Offset = 1 2\nOffset = 3 4\n", [3.0, 4.0]),
        ("Offset=1\t2 3\n", [1.0, 2.0]),
        ("Offset : 1 2\r\n", [1.0, 2.0]),
        ("Offset = 1\n 2\n", [1.0, 2.0]),
    ] {
        assert_eq!(geometry(lines).origin(), origin, "{lines:?}");
    }
    for (lines, direction) in [
        ("TransformMatrix = 0 1 -1 0\n", [0.0, -1.0, 1.0, 0.0]),
        ("Rotation = 0 1 -1 0\n", [0.0, -1.0, 1.0, 0.0]),
        ("Orientation = 0 1 -1 0\n", [0.0, -1.0, 1.0, 0.0]),
        ("TransformMatrix = 1 0 0 1\nRotation = 0 1 -1 0\n", [1.0, 0.0, 0.0, 1.0]),
        ("Orientation = 0 -1 1 0\nRotation = 0 1 -1 0\n", [0.0, -1.0, 1.0, 0.0]),
        ("TransformMatrix = 2 0 0 3\n", [2.0, 0.0, 0.0, 3.0]),
    ] {
        assert_eq!(geometry(lines).direction(), direction, "{lines:?}");
    }
    for (lines, spacing) in [
        ("ElementSize = 2 3\n", [2.0, 3.0]),
        ("ElementSize = 2 3\nElementSpacing = 4 5\n", [4.0, 5.0]),
        ("ElementSpacing = -4 5\n", [4.0, 5.0]),
    ] {
        assert_eq!(geometry(lines).spacing(), spacing, "{lines:?}");
    }
    assert_eq!(geometry("ElementSpacing = -4 5\n").direction(), [-1.0, 0.0, 0.0, 1.0]);
    // ITK's next version has these; 5.4.7 takes them for metadata.
    let lines = "FileFormatVersion = 1\nElementOrigin = 7 8\nElementDirection = 0 1 1 0\nOffset = 1 2\n";
    assert_eq!(
        (geometry(lines).origin(), geometry(lines).direction()),
        (&[7.0, 8.0][..], vec![0.0, 1.0, 1.0, 0.0])
    );
}

#[test]
fn meta_image_types_and_byte_orders() {
    let folder = Folder::new();
    let read = |head: &str| {
        let head = format!("NDims = 1\n{head}ElementDataFile = LOCAL\n");
        read(folder.put("x.mha", [head.as_bytes(), &[0, 1, 2, 3, 4, 5, 6, 0x87]].concat())).unwrap()
    };
    for (name, size, pixel_type) in [
        ("MET_CHAR", 8, PixelType::I8),
        ("MET_UCHAR", 8, PixelType::U8),
        ("MET_SHORT", 4, PixelType::I16),
        ("MET_USHORT", 4, PixelType::U16),
        ("MET_INT", 2, PixelType::I32),
        ("MET_UINT", 2, PixelType::U32),
        ("MET_LONG", 2, PixelType::I32),
        ("MET_ULONG", 2, PixelType::U32),
        ("MET_LONG_LONG", 1, PixelType::I64),
        ("MET_ULONG_LONG", 1, PixelType::U64),
        ("MET_FLOAT", 2, PixelType::F32),
        ("MET_DOUBLE", 1, PixelType::F64),
    ] {
        let image = read(&format!("DimSize = {size}\nElementType = {name}\n"));
        assert_eq!(
            (image.header().pixel_type, image.header().region.size()),
            (pixel_type, &[size][..]),
            "{name}"
        );
    }
    for (line, swapped) in [
        ("", false),
        ("BinaryDataByteOrderMSB = True\n", true),
        ("ElementByteOrderMSB = T\n", true),
        ("ElementByteOrderMSB = t\n", true),
        ("ElementByteOrderMSB = 1\n", true),
        ("ElementByteOrderMSB = true\n", true),
        ("ElementByteOrderMSB = False\n", false),
        ("ElementByteOrderMSB = yes\n", false),
        ("BinaryDataByteOrderMSB = True\nElementByteOrderMSB = False\n", true),
    ] {
        let AnyImage::U16(image) = read(&format!("DimSize = 4\n{line}ElementType = MET_USHORT\n")) else {
            panic!()
        };
        assert_eq!(image.to_vec()[1], if swapped { 0x0203 } else { 0x0302 }, "{line:?}");
    }
    let vector = read("DimSize = 3\nElementNumberOfChannels = 2\nElementType = MET_UCHAR_ARRAY\n").header();
    assert_eq!((vector.kind, vector.components), (PixelKind::Vector, 2));
    let single = read("DimSize = 2\nElementType = MET_FLOAT_ARRAY\n").header();
    assert_eq!((single.kind, single.components), (PixelKind::Vector, 1));
}

#[test]
fn meta_image_finds_its_pixels() {
    let folder = Folder::new();
    let packed = zlib(&SIX);
    let size = format!("CompressedData = True\nCompressedDataSize = {}\n", packed.len());
    for (lines, data) in [
        ("", SIX.to_vec()),
        ("", [&SIX[..], b"more"].concat()),
        ("HeaderSize = -1\n", [b"xyz", &SIX[..]].concat()),
        ("CompressedData = True\n", packed.clone()),
        ("CompressedData = T\nBinaryData = True\n", packed.clone()),
        ("CompressedData = True\n", gzip(&SIX)),
        ("CompressedData = True\n", [&packed[..], b"junk"].concat()),
        (&size, [&packed[..], b"junk"].concat()),
        ("BinaryData = False\n", b"1 2 3\n4 5 6\n".to_vec()),
        // ITK needs a blank after the last number, and wraps numbers that do not fit.
        ("BinaryData = F\n", b" 1,2,3\n4.9 5e0 6".to_vec()),
    ] {
        let image = read(folder.mha(lines, data)).unwrap_or_else(|error| panic!("{lines:?}: {error}"));
        assert_eq!(bytes(&image), SIX, "{lines:?}");
    }
    for (name, data) in [
        ("a.raw", SIX.to_vec()),
        ("b.raw", [&[0; 10], &SIX[..]].concat()),
        ("s1.raw", SIX[..3].to_vec()),
        ("s2.raw", SIX[3..].to_vec()),
        ("p01.raw", SIX[..3].to_vec()),
        ("p03.raw", SIX[3..].to_vec()),
        ("c.raw.gz", gzip(&SIX)),
        ("d.zraw", packed.clone()),
        ("two words.raw", SIX.to_vec()),
        ("s1.zraw", zlib(&SIX[..3])),
        ("s2.zraw", zlib(&SIX[3..])),
        ("t%d.raw", SIX.to_vec()),
    ] {
        folder.put(name, data);
    }
    let absolute = folder.at("a.raw").display().to_string();
    for (lines, file) in [
        ("", "a.raw"),
        ("", "./a.raw"),
        ("", &absolute),
        ("HeaderSize = 10\n", "b.raw"),
        ("HeaderSize = -1\n", "b.raw"),
        ("", "c.raw"),
        ("CompressedData = True\n", "c.raw"),
        ("CompressedData = True\n", "d.zraw"),
        ("", "two words.raw"),
        ("", "LIST\ns1.raw\ns2.raw"),
        ("", "LIST\n\ns1.raw\r\n\ns2.raw\nmore.raw"),
        ("", "LIST 1\ns1.raw\ns2.raw"),
        ("", "LIST 1D\ns1.raw\ns2.raw"),
        ("", "LIST 2\na.raw"),
        ("CompressedData = True\n", "LIST\ns1.zraw\ns2.zraw"),
        ("", "s%d.raw 1 2 1"),
        ("", "s%d.raw 1 9 1"),
        ("", "s%d.raw 1"),
        ("", "s%01d.raw"),
        ("", "p%02d.raw 1 3 2"),
        ("", "t%d.raw"),
    ] {
        let head =
            format!("NDims = 2\nDimSize = 3 2\nElementType = MET_UCHAR\n{lines}ElementDataFile = {file}\n");
        let image = read(folder.put("x.mhd", head)).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        assert_eq!(bytes(&image), SIX, "{lines:?} {file:?}");
    }
}

#[test]
fn meta_image_metadata() {
    let folder = Folder::new();
    let lines = "ObjectType = Image\nName = n\nAcquisitionDate = 20200101\nFoo = a b  c \nFoo = second\nEmptyKey =\n\
                 Modality = MET_MOD_MR\nDistanceUnits = mm\nElementMin = 3\nSequenceID = 1 2\nTransformType = Rigid\n\
                 ElementToIntensityFunctionSlope = 2\nElementNBits = 8\nComment = some = text\n";
    let metadata = info(folder.mha(lines, SIX)).unwrap().metadata;
    let found: Vec<_> = metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let expected = [
        // ITK drops comments.
        "Comment=some = text",
        "EmptyKey=",
        "Foo=second",
        "ITK_ExperimentDate=20200101",
        "ITK_InputFilterName=MetaImageIO",
        "ITK_VoxelUnits=mm",
        "Modality=MET_MOD_MR",
        "TransformType=Rigid",
    ];
    assert_eq!(found, expected);
    let other =
        info(folder.mha("Modality = FOO\nITK_InputFilterName = NrrdImageIO\n", SIX)).unwrap().metadata;
    assert_eq!(other.get("Modality").unwrap().to_string(), "MET_MOD_UNKNOWN");
    assert_eq!(other.get("ITK_InputFilterName").unwrap().to_string(), "NrrdImageIO");
}

#[test]
fn png_expands_what_itk_expands() {
    let folder = Folder::new();
    let values = |path| bytes(&read(path).unwrap());
    assert_eq!(values(folder.png([8, 1], 1, 0, &[0b0101_0011], &[])), [0, 255, 0, 255, 0, 0, 255, 255]);
    assert_eq!(values(folder.png([4, 1], 2, 0, &[0b0001_1011], &[])), [0, 85, 170, 255]);
    assert_eq!(values(folder.png([2, 1], 4, 0, &[0x1f], &[])), [17, 255]);
    let palette = (b"PLTE", &[30, 31, 32, 33, 34, 35, 36, 37, 38][..]);
    let colour = folder.png([3, 1], 8, 3, &[2, 0, 1], &[palette]);
    assert_eq!(info(&colour).unwrap().header.kind, PixelKind::Rgb);
    assert_eq!(values(colour), [36, 37, 38, 30, 31, 32, 33, 34, 35]);
    let clear = folder.png([3, 1], 8, 3, &[2, 0, 1], &[palette, (b"tRNS", &[0, 100])]);
    assert_eq!(info(&clear).unwrap().header.kind, PixelKind::Rgba);
    assert_eq!(values(clear), [36, 37, 38, 255, 30, 31, 32, 0, 33, 34, 35, 100]);
    let key = folder.png([1, 2], 8, 2, &[3, 4, 5, 3, 4, 6], &[(b"tRNS", &[0, 3, 0, 4, 0, 5])]);
    assert_eq!(values(key), [3, 4, 5, 0, 3, 4, 6, 255]);
    let grey_key = folder.png([3, 1], 8, 0, &[2, 3, 4], &[(b"tRNS", &[0, 3])]);
    assert_eq!(info(&grey_key).unwrap().header.kind, PixelKind::Scalar);
    assert_eq!(values(grey_key), [2, 0, 4]);
    // ITK makes all that is not opaque black.
    assert_eq!(values(folder.png([3, 1], 8, 4, &[200, 255, 200, 0, 200, 128], &[])), [200, 0, 100]);
    let AnyImage::U16(deep) = read(folder.png([2, 1], 16, 4, &[1, 0, 255, 255, 1, 0, 51, 51], &[])).unwrap()
    else {
        panic!()
    };
    assert_eq!(deep.to_vec(), [256, 51]);
    let AnyImage::U16(deep) = read(folder.png([1, 1], 16, 0, &[1, 2], &[])).unwrap() else { panic!() };
    assert_eq!(deep.to_vec(), [0x0102]);
}

#[test]
fn png_spacing_is_its_scale() {
    let folder = Folder::new();
    for (chunk, spacing) in [
        ((b"sCAL", &b"\x01.4\0.5"[..]), [0.4, 0.5]),
        ((b"sCAL", b"\x0215E-6\x001"), [15e-6, 1.0]),
        ((b"sCAL", b"\x00.4\0.5"), [1.0, 1.0]),
        ((b"sCAL", b"\x01-.4\0.5"), [1.0, 1.0]),
        ((b"sCAL", b"\x01nan\0.5"), [1.0, 1.0]),
        ((b"sCAL", b"\x01"), [1.0, 1.0]),
        ((b"pHYs", b"\0\0\x03\xe8\0\0\x07\xd0\x01"), [1.0, 1.0]),
    ] {
        let path = folder.png([2, 1], 8, 0, &[1, 2], &[chunk]);
        assert_eq!(info(&path).unwrap().header.geometry.spacing(), spacing, "{chunk:?}");
        assert_eq!(bytes(&read(&path).unwrap()), [1, 2]);
    }
}
