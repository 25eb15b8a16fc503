// Convolution and pooling by their definitions: one multiplication at a time, no layout, no tiles, no lanes.

import Autograd
import Tensors

/// A convolution's values and gradients, and those of its transpose, from one plain walk over all products.
///
/// The walk visits every (image, output, tap) whose tap lies inside the input, and there
///
///     y += w · x        dx += w · dy        dw += x · dy
///
/// which is convolution and its gradients; with the roles of x and y exchanged it is the transposed convolution.
struct PlainConvolution {
  /// Of x and y the batch's axis comes first; the weight is (channels of y, channels of x / groups, height, width).
  let x: Shape
  let weight: Shape
  let y: Shape
  let options: Conv2dOptions

  /// The output without a bias, and the gradients of Σ dy · y, dy being the same for every image.
  func run(x values: Tensor, weight kernel: Tensor, dy: Tensor) -> (y: [Float], dx: [Float], dw: [Float]) {
    var y = [Float](repeating: 0, count: self.y.count)
    var dx = [Float](repeating: 0, count: x.count)
    var dw = [Float](repeating: 0, count: weight.count)
    forEachProduct { from, tap, to in
      y[to] += kernel.values[tap] * values.values[from]
      dx[from] += kernel.values[tap] * dy.values[to % dy.shape.count]
      dw[tap] += values.values[from] * dy.values[to % dy.shape.count]
    }
    return (y, dx, dw)
  }

  /// Calls `body` with the flat indices of x, weight and y for each product.
  func forEachProduct(_ body: (_ x: Int, _ weight: Int, _ y: Int) -> Void) {
    let (groupIn, groupOut) = (weight[1], weight[0] / options.groups)
    for place in 0..<y.count {
      let (column, row) = (place % y[3], place / y[3] % y[2])
      let (channel, image) = (place / y[3] / y[2] % y[1], place / y[3] / y[2] / y[1])
      for tap in 0..<weight.count / weight[0] {
        let (b, a, i) = (tap % weight[3], tap / weight[3] % weight[2], tap / weight[3] / weight[2])
        let top = row * options.stride.height + a * options.dilation.height - options.padding.top
        let left = column * options.stride.width + b * options.dilation.width - options.padding.left
        guard top >= 0, left >= 0, top < x[2], left < x[3] else { continue }
        let from = ((image * x[1] + channel / groupOut * groupIn + i) * x[2] + top) * x[3] + left
        body(from, channel * (weight.count / weight[0]) + tap, place)
      }
    }
  }
}

/// Pooling by its definition.
struct PlainPool {
  let x: Shape
  let y: Shape
  let options: Pool2dOptions

  /// The flat indices of x that each window of y covers, and the cells of the padded input that it covers.
  func window(_ place: Int) -> (elements: [Int], padded: Int) {
    let (column, row) = (place % y[3], place / y[3] % y[2])
    let plane = place / y[3] / y[2]
    var elements: [Int] = []
    var padded = 0
    for a in 0..<options.kernel.height {
      for b in 0..<options.kernel.width {
        let top = row * options.stride.height + a - options.padding.height
        let left = column * options.stride.width + b - options.padding.width
        if top < x[2] + options.padding.height && left < x[3] + options.padding.width { padded += 1 }
        guard top >= 0, left >= 0, top < x[2], left < x[3] else { continue }
        elements.append((plane * x[2] + top) * x[3] + left)
      }
    }
    return (elements, padded)
  }
}
