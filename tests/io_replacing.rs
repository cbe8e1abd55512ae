//! What is there already when a file is written: old files, links, permissions, devices.

use std::fs;

use itk_core::{Error, PixelType};
use itk_io::{WriteOptions, info, read, write};

use super::{bytes, header, names, noise, text};

#[test]
fn files_are_replaced_whole_and_a_pair_names_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let (large, small) =
        (noise(&header(PixelType::U8, &[40, 30]), 1), noise(&header(PixelType::U8, &[4, 3]), 2));
    for (name, data) in
        [("a.mha", None), ("b.mhd", Some("b.raw")), ("c.nhdr", Some("c.raw")), ("d.png", None)]
    {
        let path = folder.path().join(name);
        for image in [&large, &small] {
            write(image, &path, &WriteOptions::default()).unwrap();
            assert_eq!(bytes(&read(&path).unwrap()), bytes(image));
        }
        let expected: Vec<&str> = [Some(name), data].into_iter().flatten().collect();
        assert_eq!(names(folder.path()), expected);
        names(folder.path()).iter().for_each(|name| fs::remove_file(folder.path().join(name)).unwrap());
    }
    write(&small, folder.path().join("e f.mhd"), &WriteOptions::default().compress(true)).unwrap();
    write(&small, folder.path().join("g.x.nhdr"), &WriteOptions::default().compress(true)).unwrap();
    assert_eq!(names(folder.path()), ["e f.mhd", "e f.zraw", "g.x.nhdr", "g.x.raw.gz"]);
    for name in ["e f.mhd", "g.x.nhdr"] {
        assert_eq!(bytes(&read(folder.path().join(name)).unwrap()), bytes(&small));
    }
}

#[test]
fn a_write_that_fails_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let image = noise(&header(PixelType::U8, &[4, 3]), 2);
    let missing = folder.path().join("nowhere").join("x.mha");
    let error = write(&image, &missing, &WriteOptions::default()).unwrap_err();
    assert!(
        matches!(&error, Error::Io { action: "write", source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    );
    assert!(text(error).contains("nowhere"));
    for (name, data) in [("x.mha", "x.mha"), ("x.mhd", "x.raw"), ("x.nhdr", "x.raw"), ("x.nrrd", "x.nrrd")] {
        // A folder stands where the data should go.
        fs::create_dir(folder.path().join(data)).unwrap();
        write(&image, folder.path().join(name), &WriteOptions::default()).unwrap_err();
        assert_eq!(names(folder.path()), [data]);
        fs::remove_dir(folder.path().join(data)).unwrap();
    }
    // A folder stands where the header should go: no data file stays.
    fs::create_dir(folder.path().join("y.mhd")).unwrap();
    write(&image, folder.path().join("y.mhd"), &WriteOptions::default()).unwrap_err();
    assert_eq!(names(folder.path()), ["y.mhd"]);
}

#[cfg(unix)]
#[test]
fn links_permissions_and_devices_are_respected() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let image = noise(&header(PixelType::U8, &[4, 3]), 2);
    write(&image, at("real.mha"), &WriteOptions::default()).unwrap();
    fs::set_permissions(at("real.mha"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.mha", at("link.mha")).unwrap();
    write(&image, at("link.mha"), &WriteOptions::default().compress(true)).unwrap();
    assert!(fs::symlink_metadata(at("link.mha")).unwrap().is_symlink(), "the link stays a link");
    assert!(info(at("real.mha")).unwrap().compressed, "and what it points to is written");
    assert_eq!(fs::metadata(at("real.mha")).unwrap().permissions().mode() & 0o777, 0o640);
    // A socket of its own stands for a device: were it written, no device of the machine would be lost.
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    symlink("socket", at("device.mha")).unwrap();
    let refused = text(write(&image, at("device.mha"), &WriteOptions::default()).unwrap_err());
    assert!(refused.contains("not a regular file"), "{refused}");
    assert_eq!(names(folder.path()), ["device.mha", "link.mha", "real.mha", "socket"]);
}
