//! Images of one type as another one.

use itk_core::{AnyImage, Header, Image, PixelKind, PixelType};
use itk_io::{WriteOptions, convert, read_as, write};

use super::layouts::{self, laid_out};
use super::{bytes, header, noise, oblique};

#[test]
fn reading_as_another_type_is_cs_cast() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.mha");
    let save = |image: AnyImage| write(&image, &path, &WriteOptions::default()).unwrap();
    save(Image::from_vec(&[6], vec![1.9f32, -1.9, 300.0, -1e9, f32::NAN, f32::INFINITY]).unwrap().into());
    assert_eq!(read_as::<i8>(&path).unwrap().to_vec(), [1, -1, 127, -128, 0, 127]);
    assert_eq!(read_as::<u8>(&path).unwrap().to_vec(), [1, 0, 255, 0, 0, 255]);
    save(Image::from_vec(&[3], vec![i64::MIN + 1, -1, (1 << 62) + 1]).unwrap().into());
    assert_eq!(read_as::<u64>(&path).unwrap().to_vec(), [(1 << 63) + 1, u64::MAX, (1 << 62) + 1]);
    assert_eq!(read_as::<i64>(&path).unwrap().to_vec(), [i64::MIN + 1, -1, (1 << 62) + 1]);
    assert_eq!(read_as::<u8>(&path).unwrap().to_vec(), [1, 255, 1], "integers keep their low bits");
    save(Image::from_vec(&[2], vec![u64::MAX, 3]).unwrap().into());
    assert_eq!(read_as::<f32>(&path).unwrap().to_vec(), [18446744073709551616.0, 3.0]);
}

#[test]
fn every_type_is_converted_to_every_other() {
    for from in PixelType::ALL {
        let small = convert(&Image::from_vec(&[3], vec![0u8, 1, 100]).unwrap().into(), *from).unwrap();
        assert_eq!(small.header().pixel_type, *from);
        for to in PixelType::ALL {
            let there = convert(&small, *to).unwrap();
            assert_eq!(there.header().pixel_type, *to);
            assert_eq!(bytes(&convert(&there, PixelType::U8).unwrap()), [0, 1, 100], "{from} {to}");
        }
    }
}

#[test]
fn colour_becomes_itks_luma_and_other_kinds_keep_their_components() {
    let rgb = header(PixelType::U8, &[50, 40]).with_components(PixelKind::Rgb, 3).unwrap();
    let rgb = Header { geometry: oblique(2), ..rgb };
    for layout in layouts::ALL {
        let mut image = laid_out(&noise(&rgb, 8), layout);
        image.metadata_mut().insert_text("k", "v");
        let luma: Vec<f64> = bytes(&image)
            .chunks(3)
            .map(|p| {
                (2125.0 * f64::from(p[0]) + 7154.0 * f64::from(p[1]) + 721.0 * f64::from(p[2])) / 10000.0
            })
            .collect();
        let AnyImage::F64(grey) = convert(&image, PixelType::F64).unwrap() else { panic!() };
        assert_eq!(grey.to_vec(), luma, "{layout:?}");
        assert_eq!((grey.header().kind, grey.geometry()), (PixelKind::Scalar, &rgb.geometry));
        assert!(grey.metadata().get("k").is_ok());
        let AnyImage::U8(grey) = convert(&image, PixelType::U8).unwrap() else { panic!() };
        assert_eq!(grey.to_vec(), luma.iter().map(|v| *v as u8).collect::<Vec<_>>());
    }
    let rgba = header(PixelType::U16, &[2, 1]).with_components(PixelKind::Rgba, 4).unwrap();
    let mut image = Image::<u16>::zeroed(&rgba).unwrap();
    image.as_mut_slice().unwrap().unwrap().copy_from_slice(&[100, 200, 300, 65535, 100, 200, 300, 13107]);
    for pixel_type in [PixelType::U16, PixelType::F32, PixelType::F64] {
        let grey = convert(&image.clone().into(), pixel_type).unwrap();
        let AnyImage::F64(grey) = convert(&grey, PixelType::F64).unwrap() else { panic!() };
        let whole: Vec<u64> = grey.to_vec().iter().map(|v| *v as u64).collect();
        assert_eq!(whole, [185, 37], "opacity counts, in the same measure for every type: {pixel_type}");
    }
    let vector = header(PixelType::I16, &[2, 2]).with_components(PixelKind::Vector, 3).unwrap();
    let converted = convert(&noise(&vector, 1), PixelType::F32).unwrap();
    assert_eq!((converted.header().kind, converted.header().components), (PixelKind::Vector, 3));
}

#[test]
fn conversion_to_the_same_type_shares_the_pixels() {
    let image = Image::from_vec(&[2, 2], vec![1u8, 2, 3, 4]).unwrap();
    let AnyImage::U8(same) = convert(&image.clone().into(), PixelType::U8).unwrap() else { panic!() };
    assert_eq!(same.buffer().start(), image.buffer().start());
}
