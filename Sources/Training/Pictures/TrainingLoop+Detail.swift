// One filter in full, and how one number of an output comes about.

import Autograd
import Kernels
import Layers
import Telemetry
import Tensors

extension TrainingLoop {
  /// Everything of one filter; nil for a layer without weights.
  func filterDetail(_ filter: Int, _ index: Int) -> FilterDetail? {
    let inspected = classifier.inspected[index]
    guard let weight = inspected.layer.picturedWeight, let geometry = inspected.filters else { return nil }
    let filter = min(max(0, filter), geometry.count - 1)
    let size = geometry.tiles * geometry.numbersPerTile
    let own = filter * size..<(filter + 1) * size
    let values = weight.copy
    let gradient = numbers(.gradient, of: inspected.layer)
    let bias = inspected.bias.map { $0.values[filter] }
    let start = initialWeights(of: inspected.layer).map {
      FilterDetail.Past(epoch: 0, tile: geometry.tile(0, of: filter, in: $0))
    }
    let past = memory.past.filter { $0.epoch < epoch }.compactMap { past in
      past.weights[inspected.layer.name].map {
        FilterDetail.Past(epoch: past.epoch, tile: geometry.tile(0, of: filter, in: $0))
      }
    }
    let maps = TileGeometry(mapsOf: inspected.output.shape)
    let outputs = classifier.inspection.tensor(of: inspected.output, image: 0).values
    return FilterDetail(
      filter: filter, weight: geometry.tiles(of: filter, in: values),
      gradient: gradient.map { geometry.tiles(of: filter, in: $0) } ?? [], figures: NumberFigures(values[own]),
      gradientFigures: gradient.map { NumberFigures($0[own]) }, bias: bias, history: (start.map { [$0] } ?? []) + past,
      map: maps.tile(0, of: min(filter, maps.count - 1), in: outputs), layerRange: ValueRange(values))
  }

  /// How one number of a layer's output comes about; nil for a layer that is no convolution and not linear.
  ///
  /// It is the engine's own sum: from the bias on, each product is added with one rounding, channel by channel, in the
  /// order of the kernel's taps (a linear layer's in blocks); what lies beyond the image's edge counts as zero.
  func arithmetic(of place: OutputPlace, in index: Int) -> OutputArithmetic? {
    let inspected = classifier.inspected[index]
    guard let weight = inspected.layer.picturedWeight, var geometry = inspected.filters else { return nil }
    let window: InputWindow
    let shape = inspected.output.shape
    let input = classifier.inspection.tensor(of: inspected.input, image: 0)
    let output = classifier.inspection.tensor(of: inspected.output, image: 0).values
    let number: Int
    if let conv = inspected.layer as? Conv2d {
      let (row, column) = (min(max(0, place.row), shape[1] - 1), min(max(0, place.column), shape[2] - 1))
      let map = min(max(0, place.map), shape[0] - 1)
      number = (map * shape[1] + row) * shape[2] + column
      guard conv.paddingMode == .zeros else { return nil }
      // A tile a channel, however they are shown.
      let sides = weight.shape
      geometry = TileGeometry(count: sides[0], tiles: sides[1], height: sides[2], width: sides[3])
      window = InputWindow(
        filter: map, firstChannel: map / (shape[0] / conv.options.groups) * geometry.tiles,
        top: row * conv.options.stride.height - conv.options.padding.top,
        left: column * conv.options.stride.width - conv.options.padding.left, dilation: conv.options.dilation,
        height: input.shape[1], width: input.shape[2])
    } else if inspected.layer is Linear, shape.rank == 1 {
      number = min(max(0, place.map), shape.count - 1)
      window = InputWindow(
        filter: number, firstChannel: 0, top: 0, left: 0, dilation: Size2d(1), height: geometry.height,
        width: geometry.width)
    } else {
      return nil
    }
    let bias = inspected.bias.map { $0.values[window.filter] } ?? 0
    let kernels = geometry.tiles(of: window.filter, in: weight.copy)
    // A convolution adds its products to the bias one by one; a linear layer adds up so many from zero, and adds that.
    let together = inspected.layer is Linear ? linearTermsTogether : .max
    var (total, partial, added) = (bias, Float(0), 0)
    let channels = kernels.enumerated().map { channel, kernel in
      let patch = Tile(
        height: kernel.height, width: kernel.width,
        values: (0..<kernel.height * kernel.width).map { tap in
          tap < kernel.count
            ? window.number(input.values, channel, tap, kernel, numbersPerChannel: geometry.numbersPerTile) : .nan
        }, count: kernel.count)
      for tap in 0..<kernel.count {
        if together == .max {
          total = total.addingProduct(kernel.values[tap], patch.values[tap])
        } else {
          partial = partial.addingProduct(kernel.values[tap], patch.values[tap])
        }
        added += 1
        if added % together == 0 { (total, partial) = (total + partial, 0) }
      }
      return OutputArithmetic.Channel(
        index: window.firstChannel + channel, patch: patch, kernel: kernel, total: total + partial)
    }
    let activation = classifier.inspected.first { $0.layer.isActivation && $0.input.id == inspected.output.id }
    let activated = activation.map { classifier.inspection.tensor(of: $0.output, image: 0).values[number] }
    return OutputArithmetic(
      place: OutputPlace(
        map: window.filter, row: shape.rank == 3 ? number / shape[2] % shape[1] : 0,
        column: shape.rank == 3 ? number % shape[2] : 0),
      map: TileGeometry(mapsOf: shape).tile(0, of: shape.rank == 3 ? window.filter : 0, in: output), bias: bias,
      channels: channels, output: output[number],
      activated: activated, activation: activation?.layer.name, top: window.top, left: window.left,
      dilation: window.dilation.height)
  }
}

/// The inputs that one output of a filter sees.
private struct InputWindow {
  let filter: Int
  /// The first of the input's channels that the filter reads.
  let firstChannel: Int
  let top: Int
  let left: Int
  let dilation: Size2d
  /// Of the input.
  let height: Int
  let width: Int

  /// The input under a tap; zero beyond the edge.
  func number(_ input: [Float], _ channel: Int, _ tap: Int, _ kernel: Tile, numbersPerChannel: Int) -> Float {
    let row = top + tap / kernel.width * dilation.height
    let column = left + tap % kernel.width * dilation.width
    guard row >= 0, column >= 0, row < height, column < width else { return 0 }
    let plane = kernel.count < kernel.height * kernel.width ? numbersPerChannel : height * width
    return input[(firstChannel + channel) * plane + row * width + column]
  }
}

extension InspectedLayer {
  /// One number an output, beside the pictured weight.
  var bias: Parameter? {
    guard let weight = layer.picturedWeight else { return nil }
    return layer.ownParameters.first { $0 !== weight && $0.shape == [weight.shape[0]] }
  }
}
