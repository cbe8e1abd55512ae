//! numpy arrays as images and images as numpy arrays: the only file that names numpy.
//!
//! A caller's array is reached by its address alone, never by a slice or a rust-numpy borrow: its geometry is
//! taken from a private view that no one can change, and a weak reference to the owner of the memory makes
//! numpy refuse to resize it. The array turns from zyx to xyz here, and back here.
#![expect(unsafe_code, reason = "numpy's C interface, and pointers into its memory")]

use std::any::Any;
use std::os::raw::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;

use itk_core::axes::MAX_AXES;
use itk_core::{
    AnyImage, AnyViewMut, Axes, Buffer, Header, Image, MAX_RANK, Pixel, PixelKind, PixelType, Strides, Visit,
    VisitType, f16,
};
use numpy::npyffi::{NPY_ARRAY_WRITEABLE, PyArrayObject, npy_intp};
use numpy::{
    PY_ARRAY_API, PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods,
    npyffi::types::NPY_TYPES,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;

use crate::arguments::type_name;
use crate::errors::to_py;
use crate::image::PyImage;

/// A caller's argument as an image that shares its memory.
pub(crate) struct Input {
    pub(crate) image: AnyImage,
    pub(crate) from: From,
    /// True for pixels of numpy's bool, which are u8 to the engine.
    pub(crate) is_bool: bool,
}

/// What the caller gave, which is what it gets back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// An `oxitk.Image`.
    Image,
    /// A numpy array, or what became one.
    Array,
}

/// An image, an array, or whatever numpy makes an array of.
pub(crate) fn input(object: &Bound<'_, PyAny>, filter: &str) -> PyResult<Input> {
    if let Ok(image) = object.cast::<PyImage>() {
        let image = image.get();
        return Ok(Input { image: image.image().clone(), from: From::Image, is_bool: image.is_bool() });
    }
    let array = as_array(object, filter)?;
    let foreign = ForeignArray::new(&array, filter)?;
    let is_bool = foreign.is_bool;
    Ok(Input { image: foreign.into_image(PixelKind::Scalar)?, from: From::Array, is_bool })
}

/// The array itself, or what `numpy.asarray` makes of it.
pub(crate) fn as_array<'py>(
    object: &Bound<'py, PyAny>,
    filter: &str,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let py = object.py();
    let array = match object.cast::<PyUntypedArray>() {
        Ok(array) => array.clone(),
        Err(_) => py.import("numpy")?.call_method1("asarray", (object,))?.cast_into()?,
    };
    if !array.is_exact_instance_of::<PyUntypedArray>() && is_masked(&array)? {
        return Err(PyTypeError::new_err(format!(
            "{filter}: masked arrays are not supported, as the mask would be lost; \
             pass a.filled(value), or a.data to ignore the mask"
        )));
    }
    Ok(array)
}

/// A masked array cannot exist before numpy.ma is imported.
fn is_masked(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    let modules = array.py().import("sys")?.getattr("modules")?;
    match modules.get_item("numpy.ma").and_then(|ma| ma.getattr("MaskedArray")) {
        Ok(masked) => array.is_instance(&masked),
        Err(_) => Ok(false),
    }
}

/// The array whose memory this is; `None` when it is no array's.
fn owner<'py>(array: &Bound<'py, PyUntypedArray>) -> Option<Bound<'py, PyUntypedArray>> {
    let mut owner = array.clone();
    loop {
        let raw = owner.as_array_ptr();
        // SAFETY: the array is alive, and so is its base, which is null or held by the array.
        let base = unsafe { Bound::from_borrowed_ptr_or_opt(array.py(), (*raw).fields.base) };
        match base {
            None => return Some(owner),
            Some(base) => owner = base.cast_into().ok()?,
        }
    }
}

/// The memory and geometry of a caller's array.
pub(crate) struct ForeignArray {
    pub(crate) pixel_type: PixelType,
    pub(crate) is_bool: bool,
    pub(crate) start: NonNull<u8>,
    /// Fastest axis, which is numpy's last one, first.
    pub(crate) strides: Strides,
    pub(crate) writable: bool,
    keeper: Keeper,
}

/// Keeps an array's memory alive and in its place.
struct Keeper {
    _view: Py<PyAny>,
    _pin: Option<Py<PyAny>>,
}

impl ForeignArray {
    pub(crate) fn new(array: &Bound<'_, PyUntypedArray>, filter: &str) -> PyResult<Self> {
        let py = array.py();
        // numpy refuses to resize an array that has weak references. Pinned before its address is taken.
        let pin = owner(array).map(|owner| PyWeakrefReference::new(&owner)).transpose()?;
        // SAFETY: a plain ndarray view of a live array; the result is a new reference or null with an error set.
        let view = unsafe {
            let plain = py.get_type::<PyUntypedArray>().as_type_ptr();
            let view = PY_ARRAY_API.PyArray_View(py, array.as_array_ptr(), std::ptr::null_mut(), plain);
            Bound::from_owned_ptr_or_err(py, view)?
        };
        // From here on nobody else knows the array object, so its type and geometry stay as they are.
        let array = view.cast_into::<PyUntypedArray>()?;
        let (pixel_type, is_bool, swapped) = pixel_type(&array.dtype(), filter)?;
        let rank = array.ndim();
        if rank == 0 || rank > MAX_AXES {
            return Err(PyValueError::new_err(format!(
                "{filter}: arrays must have 1 to {MAX_RANK} axes, got {rank}{}",
                if rank == 0 { " (a 0-d array); use a.reshape(1)" } else { "" }
            )));
        }
        let size = Axes::from_fn(rank, |a| array.shape()[rank - 1 - a]);
        let bytes = Axes::from_fn(rank, |a| array.strides()[rank - 1 - a]);
        // SAFETY: the array object is alive.
        let raw = unsafe { &(*array.as_array_ptr()).fields };
        Ok(Self {
            pixel_type,
            is_bool,
            start: NonNull::new(raw.data.cast()).unwrap_or(NonNull::dangling()),
            strides: Strides { size, bytes, swapped },
            writable: raw.flags & NPY_ARRAY_WRITEABLE != 0,
            keeper: Keeper { _view: array.into_any().unbind(), _pin: pin.map(|pin| pin.into_any().unbind()) },
        })
    }

    /// An image over the array's memory; of other kinds than scalar, the last axis is the components.
    pub(crate) fn into_image(self, kind: PixelKind) -> PyResult<AnyImage> {
        let size = self.strides.size;
        let (components, size) = match kind {
            PixelKind::Scalar => (1, &size[..]),
            _ => (size[0], &size[1..]),
        };
        let header = Header::new(self.pixel_type, size).and_then(|h| h.with_components(kind, components));
        let header = header.map_err(to_py)?;
        self.pixel_type.visit(Adopt { header, array: self }).map_err(to_py)
    }
}

struct Adopt {
    header: Header,
    array: ForeignArray,
}

impl VisitType for Adopt {
    type Out = itk_core::Result<AnyImage>;

    fn visit<T: Pixel>(self) -> Self::Out {
        let ForeignArray { start, strides, writable, keeper, .. } = self.array;
        // SAFETY: the keeper keeps numpy's memory alive and in place, and strides are numpy's own.
        let buffer = unsafe { Buffer::<T>::foreign(start, strides, writable, Arc::new(keeper)) };
        Ok(T::erase(Image::from_buffer(&self.header, buffer)?))
    }
}

/// The pixel type of a dtype, whether it is bool, and whether its bytes are swapped.
fn pixel_type(dtype: &Bound<'_, PyArrayDescr>, filter: &str) -> PyResult<(PixelType, bool, bool)> {
    let of_kind = match (dtype.kind(), dtype.itemsize()) {
        (b'b', 1) | (b'u', 1) => Some(PixelType::U8),
        (b'i', 1) => Some(PixelType::I8),
        (b'u', 2) => Some(PixelType::U16),
        (b'i', 2) => Some(PixelType::I16),
        (b'u', 4) => Some(PixelType::U32),
        (b'i', 4) => Some(PixelType::I32),
        (b'u', 8) => Some(PixelType::U64),
        (b'i', 8) => Some(PixelType::I64),
        (b'f', 2) => Some(PixelType::F16),
        (b'f', 4) => Some(PixelType::F32),
        (b'f', 8) => Some(PixelType::F64),
        _ => None,
    };
    // Types of other libraries (bfloat16) may use numpy's kinds for something else.
    let builtin = dtype.num() < NPY_TYPES::NPY_USERDEF as c_int;
    match of_kind.filter(|_| builtin) {
        Some(pixel_type) => {
            Ok((pixel_type, dtype.kind() == b'b', dtype.is_native_byteorder() == Some(false)))
        }
        None => {
            let advice = match dtype.kind() {
                b'c' => "; filter a.real and a.imag one by one",
                b'f' => "; convert with a.astype('float64')",
                b'O' | b'U' | b'S' | b'T' => "; convert with a.astype(...)",
                b'M' | b'm' => "; convert with a.view('int64')",
                b'V' => "; pick one field, a['name']",
                _ => "",
            };
            Err(PyTypeError::new_err(format!(
                "{filter}: arrays of dtype {} are not supported; allowed: bool, {}{advice}",
                dtype.str()?,
                names(),
            )))
        }
    }
}

fn names() -> String {
    PixelType::ALL.iter().map(|t| t.numpy_name()).collect::<Vec<_>>().join(", ")
}

/// The pixel type that `numpy.dtype(object)` stands for; numpy's `u8` is of 8 bytes.
pub(crate) fn requested_type(object: &Bound<'_, PyAny>, filter: &str) -> PyResult<PixelType> {
    let dtype = PyArrayDescr::new(object.py(), object).map_err(|_| {
        let got = object.repr().map_or_else(|_| "something else".into(), |repr| repr.to_string());
        PyTypeError::new_err(format!("{filter}: dtype must be one of {}, got {got}", names()))
    })?;
    let (pixel_type, is_bool, _) = pixel_type(&dtype, filter)?;
    if is_bool {
        let text = format!("{filter}: dtype bool cannot be asked for; use uint8 and compare");
        return Err(PyTypeError::new_err(text));
    }
    Ok(pixel_type)
}

/// The numpy dtype of a pixel type, or bool.
pub(crate) fn dtype(py: Python<'_>, pixel_type: PixelType, is_bool: bool) -> Bound<'_, PyArrayDescr> {
    match pixel_type {
        _ if is_bool => PyArrayDescr::of::<bool>(py),
        PixelType::U8 => PyArrayDescr::of::<u8>(py),
        PixelType::I8 => PyArrayDescr::of::<i8>(py),
        PixelType::U16 => PyArrayDescr::of::<u16>(py),
        PixelType::I16 => PyArrayDescr::of::<i16>(py),
        PixelType::U32 => PyArrayDescr::of::<u32>(py),
        PixelType::I32 => PyArrayDescr::of::<i32>(py),
        PixelType::U64 => PyArrayDescr::of::<u64>(py),
        PixelType::I64 => PyArrayDescr::of::<i64>(py),
        PixelType::F16 => PyArrayDescr::of::<f16>(py),
        PixelType::F32 => PyArrayDescr::of::<f32>(py),
        PixelType::F64 => PyArrayDescr::of::<f64>(py),
    }
}

/// Where a filter is to write: an array or image of the caller's.
pub(crate) struct Output {
    pixel_type: PixelType,
    is_bool: bool,
    start: NonNull<u8>,
    strides: Strides,
    /// Keeps the memory alive while it is written.
    _keeper: Keeper,
}

// SAFETY: the memory is reached by raw stores only, and its keeper is Send.
unsafe impl Send for Output {}

impl Output {
    /// Refuses what cannot be written, or shares memory with the input.
    pub(crate) fn new(object: &Bound<'_, PyAny>, input: &Input, filter: &str) -> PyResult<Self> {
        let refuse = |what: &str| Err(PyValueError::new_err(format!("{filter}: out must be {what}")));
        let (memory, is_bool, keeper) = if let Ok(image) = object.cast::<PyImage>() {
            let keeper = Keeper { _view: object.clone().unbind(), _pin: None };
            (image.get().image().visit(Memory), image.get().is_bool(), keeper)
        } else if let Ok(array) = object.cast::<PyUntypedArray>() {
            let what = format!("{filter}: out");
            as_array(object, &what)?;
            let array = ForeignArray::new(array, &what)?;
            let ForeignArray { pixel_type, is_bool, start, strides, writable, keeper } = array;
            (MemoryOf { pixel_type, start, strides, writable }, is_bool, keeper)
        } else {
            let got = type_name(object);
            let text = format!("{filter}: out must be a numpy array or an oxitk.Image, got {got}");
            return Err(PyTypeError::new_err(text));
        };
        if !memory.writable {
            return refuse("writable, got a read-only array");
        }
        if memory.strides.swapped {
            return refuse("in native byte order, got swapped bytes; use a.dtype.newbyteorder('=')");
        }
        if !memory.strides.is_disjoint(memory.pixel_type.size()) {
            return refuse("an array whose elements lie apart, got a broadcast or overlapping one");
        }
        let source = input.image.visit(Memory);
        let place = |m: &MemoryOf| (m.pixel_type, m.start, m.strides);
        let ((a, b, c), (d, e, f)) = (place(&memory), place(&source));
        if itk_core::buffer::overlap((a, b, &c), (d, e, &f)) {
            let text = format!("{filter}: out must not overlap the input, but the two share memory");
            return Err(PyValueError::new_err(text));
        }
        let MemoryOf { pixel_type, start, strides, .. } = memory;
        Ok(Self { pixel_type, is_bool, start, strides, _keeper: keeper })
    }

    pub(crate) fn pixel_type(&self) -> PixelType {
        self.pixel_type
    }

    pub(crate) fn is_bool(&self) -> bool {
        self.is_bool
    }

    /// Pixels along each axis, x first.
    pub(crate) fn size(&self) -> &[usize] {
        &self.strides.size
    }

    /// The memory, x first.
    pub(crate) fn view(&mut self) -> AnyViewMut<'_> {
        // SAFETY: writable memory whose pixels lie apart, kept alive by the keeper; other Rust code reaches
        // shared memory by raw copies only.
        unsafe { AnyViewMut::from_raw(self.pixel_type, self.start, self.strides) }
    }
}

struct Memory;

struct MemoryOf {
    pixel_type: PixelType,
    start: NonNull<u8>,
    strides: Strides,
    writable: bool,
}

impl Visit for Memory {
    type Out = MemoryOf;

    fn visit<T: Pixel>(self, image: &Image<T>) -> MemoryOf {
        let buffer = image.buffer();
        MemoryOf {
            pixel_type: T::TYPE,
            start: buffer.start(),
            strides: *buffer.strides(),
            writable: buffer.is_writable(),
        }
    }
}

/// Shares an image's memory with Python from now on: Rust hands out no slices of it any more.
pub(crate) fn share(image: AnyImage) -> itk_core::Result<AnyImage> {
    struct Move(AnyImage);
    impl VisitType for Move {
        type Out = itk_core::Result<AnyImage>;
        fn visit<T: Pixel>(self) -> Self::Out {
            // Moved, not cloned: a clone would still have the right to slices.
            match self.0.typed::<T>() {
                Some(image) => Ok(T::erase(image.into_shared()?)),
                None => unreachable!("visited with the image's own type"),
            }
        }
    }
    let pixel_type = image.header().pixel_type;
    pixel_type.visit(Move(image))
}

/// Owns the memory of a result array: its `base`.
#[pyclass(frozen, module = "oxitk._native", name = "_Memory")]
pub(crate) struct PyMemory {
    _owner: Arc<dyn Any + Send + Sync>,
}

struct Owner;

impl Visit for Owner {
    type Out = Arc<dyn Any + Send + Sync>;

    fn visit<T: Pixel>(self, image: &Image<T>) -> Self::Out {
        image.buffer().owner().clone()
    }
}

/// A result as a numpy array over its own memory.
pub(crate) fn into_array<'py>(
    py: Python<'py>,
    image: AnyImage,
    is_bool: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let image = share(image).map_err(to_py)?;
    let base = Bound::new(py, PyMemory { _owner: image.visit(Owner) })?;
    array_over(py, &image, base.into_any(), is_bool)
}

/// A numpy array over an image's shared memory, with `base` to keep it alive.
pub(crate) fn array_over<'py>(
    py: Python<'py>,
    image: &AnyImage,
    base: Bound<'py, PyAny>,
    is_bool: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let MemoryOf { pixel_type, start, strides, writable } = image.visit(Memory);
    let mut descr = dtype(py, pixel_type, is_bool);
    if strides.swapped {
        descr = descr.call_method1("newbyteorder", ("S",))?.cast_into()?;
    }
    let mut shape: [npy_intp; MAX_AXES] = [0; MAX_AXES];
    let mut steps: [npy_intp; MAX_AXES] = [0; MAX_AXES];
    let rank = strides.size.len();
    for a in 0..rank {
        shape[rank - 1 - a] = strides.size[a] as npy_intp;
        steps[rank - 1 - a] = strides.bytes[a];
    }
    let flags = if writable { NPY_ARRAY_WRITEABLE } else { 0 };
    // SAFETY: the memory is valid for these strides as long as `base` lives, which the array then holds;
    // numpy steals the references to the dtype and, in SetBaseObject, to the base.
    unsafe {
        let array = PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            py.get_type::<PyUntypedArray>().as_type_ptr(),
            descr.into_dtype_ptr(),
            rank as c_int,
            shape.as_mut_ptr(),
            steps.as_mut_ptr(),
            start.as_ptr().cast::<c_void>(),
            flags,
            std::ptr::null_mut(),
        );
        let array = Bound::from_owned_ptr_or_err(py, array)?;
        if PY_ARRAY_API.PyArray_SetBaseObject(py, array.as_ptr().cast::<PyArrayObject>(), base.into_ptr()) < 0
        {
            return Err(PyErr::fetch(py));
        }
        Ok(array)
    }
}

/// An array as `__array__` is to give it: of another type, or copied, where that is asked for.
pub(crate) fn cast<'py>(
    array: Bound<'py, PyAny>,
    dtype: Option<&Bound<'py, PyAny>>,
    copy: Option<bool>,
) -> PyResult<Bound<'py, PyAny>> {
    let own = array.getattr("dtype")?;
    let cast = match dtype {
        Some(dtype) => {
            let dtype = array.py().import("numpy")?.call_method1("dtype", (dtype,))?;
            if dtype.eq(&own)? { None } else { Some(dtype) }
        }
        None => None,
    };
    match (cast, copy) {
        (Some(dtype), Some(false)) => Err(PyValueError::new_err(format!(
            "image: pixels of {own} cannot be shown as {dtype} without a copy"
        ))),
        (Some(dtype), _) => array.call_method1("astype", (dtype,)),
        (None, Some(true)) => array.call_method0("copy"),
        (None, _) => Ok(array),
    }
}
