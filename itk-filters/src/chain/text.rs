//! Chains from their text.

use std::str::FromStr;

use itk_core::{Error, PerAxis, PixelType, Result};

use super::Chain;
use crate::{
    Derivative, GaussianOrder, Gradient, GradientMagnitude, GradientMagnitudeRecursiveGaussian, Mean, Median,
    NanPolicy, Precision, RecursiveGaussian, SmoothingRecursiveGaussian, Sobel,
};

impl FromStr for Chain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fail = |reason: String| Error::ChainText { text: text.to_owned(), reason };
        let mut chain = Self::new();
        for part in text.split('|').map(str::trim) {
            let (name, parameters) = match part.split_once('(') {
                None => (part, ""),
                Some((name, rest)) => {
                    let end = rest
                        .strip_suffix(')')
                        .ok_or_else(|| fail(format!("{part:?} has no closing parenthesis")))?;
                    (name.trim_end(), end)
                }
            };
            let parameters = Parameters::parse(name, parameters).map_err(fail)?;
            chain = match name {
                "median" => chain.then(median(parameters).map_err(fail)?),
                "mean" => chain.then(mean(parameters).map_err(fail)?),
                "derivative" => chain.then(derivative(parameters).map_err(fail)?),
                "gradient" => chain.then(gradient(parameters).map_err(fail)?),
                "sobel" => chain.then(sobel(parameters).map_err(fail)?),
                "gradient_magnitude" => chain.then(gradient_magnitude(parameters).map_err(fail)?),
                "recursive_gaussian" => chain.then(recursive_gaussian(parameters).map_err(fail)?),
                "smoothing_recursive_gaussian" => chain.then(smoothing(parameters).map_err(fail)?),
                "gradient_magnitude_recursive_gaussian" => {
                    chain.then(smoothed_gradient(parameters).map_err(fail)?)
                }
                "" => return Err(fail("a filter's name is missing".into())),
                _ => {
                    return Err(fail(format!(
                        "no filter is called {name:?}; there are median, mean, gradient_magnitude, gradient, derivative, \
                         sobel, recursive_gaussian, smoothing_recursive_gaussian and gradient_magnitude_recursive_gaussian"
                    )));
                }
            };
        }
        Ok(chain)
    }
}

fn median(mut parameters: Parameters<'_>) -> Result<Median, String> {
    let mut median = Median::default();
    if let Some(radius) = parameters.per_axis("radius")? {
        median = Median::new(radius);
    }
    if let Some(policy) = parameters.take("nan_policy") {
        median = median.nan_policy(policy.parse::<NanPolicy>().map_err(|e| e.to_string())?);
    }
    parameters.finish("radius, radius_xyz, nan_policy").map(|()| median)
}

fn mean(mut parameters: Parameters<'_>) -> Result<Mean, String> {
    let mut mean = Mean::default();
    if let Some(radius) = parameters.per_axis("radius")? {
        mean = Mean::new(radius);
    }
    if let Some(pixel_type) = parameters.pixel_type()? {
        mean = mean.pixel_type(pixel_type);
    }
    parameters.finish("radius, radius_xyz, dtype").map(|()| mean)
}

fn gradient_magnitude(mut parameters: Parameters<'_>) -> Result<GradientMagnitude, String> {
    let mut gradient = GradientMagnitude::new();
    if let Some(spacing) = parameters.spacing()? {
        gradient = gradient.spacing(spacing);
    }
    if let Some(precision) = parameters.take("precision") {
        gradient = gradient.precision(precision.parse::<Precision>().map_err(|e| e.to_string())?);
    }
    if let Some(pixel_type) = parameters.pixel_type()? {
        gradient = gradient.pixel_type(pixel_type);
    }
    parameters.finish("spacing, spacing_xyz, precision, dtype").map(|()| gradient)
}

fn recursive_gaussian(mut parameters: Parameters<'_>) -> Result<RecursiveGaussian, String> {
    let mut filter = RecursiveGaussian::new(parameters.number("sigma")?.unwrap_or(1.0))
        .axis_xyz(parameters.number("axis_xyz")?.unwrap_or(0))
        .normalize_across_scale(parameters.number("normalize_across_scale")?.unwrap_or(false));
    filter = match parameters.take("order") {
        None | Some("0") => filter,
        Some("1") => filter.order(GaussianOrder::First),
        Some("2") => filter.order(GaussianOrder::Second),
        Some(other) => return Err(format!("recursive_gaussian: order must be 0, 1 or 2, got {other:?}")),
    };
    if let Some(spacing) = parameters.spacing()? {
        filter = filter.spacing(spacing);
    }
    if let Some(pixel_type) = parameters.pixel_type()? {
        filter = filter.pixel_type(pixel_type);
    }
    let known = "sigma, order, axis_xyz, normalize_across_scale, spacing, spacing_xyz, dtype";
    parameters.finish(known).map(|()| filter)
}

fn smoothing(mut parameters: Parameters<'_>) -> Result<SmoothingRecursiveGaussian, String> {
    let sigma = parameters.per_axis("sigma")?;
    let mut filter = SmoothingRecursiveGaussian::new(sigma.unwrap_or(PerAxis::uniform(1.0)));
    if let Some(spacing) = parameters.spacing()? {
        filter = filter.spacing(spacing);
    }
    if let Some(pixel_type) = parameters.pixel_type()? {
        filter = filter.pixel_type(pixel_type);
    }
    parameters.finish("sigma, sigma_xyz, spacing, spacing_xyz, dtype").map(|()| filter)
}

fn smoothed_gradient(mut parameters: Parameters<'_>) -> Result<GradientMagnitudeRecursiveGaussian, String> {
    let mut filter = GradientMagnitudeRecursiveGaussian::new(parameters.number("sigma")?.unwrap_or(1.0))
        .normalize_across_scale(parameters.number("normalize_across_scale")?.unwrap_or(false));
    if let Some(spacing) = parameters.spacing()? {
        filter = filter.spacing(spacing);
    }
    if let Some(pixel_type) = parameters.pixel_type()? {
        filter = filter.pixel_type(pixel_type);
    }
    let known = "sigma, normalize_across_scale, spacing, spacing_xyz, dtype";
    parameters.finish(known).map(|()| filter)
}

fn derivative(mut parameters: Parameters<'_>) -> Result<Derivative, String> {
    let mut derivative = Derivative::new(parameters.number("order")?.unwrap_or(1));
    if let Some(axis) = parameters.number("axis_xyz")? {
        derivative = derivative.axis_xyz(axis);
    }
    if let Some(spacing) = parameters.spacing()? {
        derivative = derivative.spacing(spacing);
    }
    if let Some(pixel_type) = parameters.pixel_type()? {
        derivative = derivative.pixel_type(pixel_type);
    }
    parameters.finish("order, axis_xyz, spacing, spacing_xyz, dtype").map(|()| derivative)
}

fn gradient(mut parameters: Parameters<'_>) -> Result<Gradient, String> {
    let turned = parameters.number("use_image_direction")?.unwrap_or(true);
    let mut gradient = Gradient::new().use_image_direction(turned);
    if let Some(spacing) = parameters.spacing()? {
        gradient = gradient.spacing(spacing);
    }
    if let Some(pixel_type) = parameters.pixel_type()? {
        gradient = gradient.pixel_type(pixel_type);
    }
    parameters.finish("spacing, spacing_xyz, use_image_direction, dtype").map(|()| gradient)
}

fn sobel(mut parameters: Parameters<'_>) -> Result<Sobel, String> {
    let legacy = parameters.number("legacy_coefficients")?.unwrap_or(true);
    let mut sobel = Sobel::new().legacy_coefficients(legacy);
    if let Some(pixel_type) = parameters.pixel_type()? {
        sobel = sobel.pixel_type(pixel_type);
    }
    parameters.finish("legacy_coefficients, dtype").map(|()| sobel)
}

/// The parameters of one filter that have not been used yet.
struct Parameters<'a> {
    filter: &'a str,
    values: Vec<(&'a str, &'a str)>,
}

impl<'a> Parameters<'a> {
    fn parse(filter: &'a str, text: &'a str) -> Result<Self, String> {
        let mut values: Vec<(&str, &str)> = Vec::new();
        let mut depth = 0;
        // Commas inside brackets belong to a value.
        let pieces = text.split(|c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ',' && depth == 0
        });
        for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
            let (name, value) = piece
                .split_once('=')
                .ok_or_else(|| format!("{filter}: {piece:?} must be of the form name=value"))?;
            let (name, value) = (name.trim(), value.trim().trim_matches(['\'', '"']));
            if values.iter().any(|(known, _)| *known == name) {
                return Err(format!("{filter}: {name} is given twice"));
            }
            values.push((name, value));
        }
        Ok(Self { filter, values })
    }

    fn peek(&self, name: &str) -> Option<&'a str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let at = self.values.iter().position(|(known, _)| *known == name)?;
        Some(self.values.remove(at).1)
    }

    /// A spacing other than the image's own.
    fn spacing(&mut self) -> Result<Option<PerAxis<f64>>, String> {
        if self.peek("spacing") == Some("image") {
            self.take("spacing");
        }
        self.per_axis("spacing")
    }

    fn pixel_type(&mut self) -> Result<Option<PixelType>, String> {
        self.take("dtype").map(|dtype| dtype.parse::<PixelType>().map_err(|e| e.to_string())).transpose()
    }

    /// `name=1` or `name=true`.
    fn number<V: FromStr>(&mut self, name: &str) -> Result<Option<V>, String> {
        let value = self
            .take(name)
            .map(|text| text.parse().map_err(|_| format!("{}: {name} cannot be {text:?}", self.filter)));
        value.transpose()
    }

    /// `name=1`, or `name_xyz=[1, 2]`.
    fn per_axis<V: FromStr + Copy + Default>(&mut self, name: &str) -> Result<Option<PerAxis<V>>, String> {
        let number = |text: &str| {
            let text = text.trim();
            text.parse::<V>().map_err(|_| format!("{}: {name} cannot be {text:?}", self.filter))
        };
        let uniform = self.peek(name).map(number).transpose()?.map(PerAxis::uniform);
        let xyz_name = format!("{name}_xyz");
        let xyz = match self.peek(&xyz_name) {
            None => None,
            Some(list) => {
                let inner = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let inner =
                    inner.ok_or_else(|| format!("{}: {xyz_name} must be a list in brackets", self.filter))?;
                Some(PerAxis::xyz(inner.split(',').map(number).collect::<Result<Vec<V>, _>>()?))
            }
        };
        if uniform.is_some() && xyz.is_some() {
            return Err(format!("{}: give {name} or {xyz_name}, not both", self.filter));
        }
        self.take(name);
        self.take(&xyz_name);
        Ok(uniform.or(xyz))
    }

    fn finish(self, known: &str) -> Result<(), String> {
        match self.values.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("{} has no parameter {name:?}; it has {known}", self.filter)),
        }
    }
}
