// What an executor's last run left of single images.

import Kernels
import Tensors

extension Executor {
  /// One image's numbers of a value, from the last run.
  public func tensor(of variable: Variable, image: Int) -> Tensor {
    checkReadable(variable, image)
    return read(plan.valueOffsets[variable.id], variable.shape, image)
  }

  /// Copies one image's numbers of a value, from the last run, to where there is room for them.
  public func copy(_ variable: Variable, image: Int, into target: UnsafeMutableBufferPointer<Float>) {
    checkReadable(variable, image)
    precondition(target.count == variable.shape.count, "room for \(target.count) numbers of \(variable.shape)")
    read(plan.valueOffsets[variable.id], image, into: target)
  }

  /// One image's gradient of a value, from the step just done; nil when the loss does not depend on it.
  public func gradient(of variable: Variable, image: Int) -> Tensor? {
    checkImage(variable, image)
    precondition(
      holdsGradients && plan.holdsGradient(variable),
      "a gradient of \(variable.shape) that was computed over; leave `kept` out, and read it before another run")
    return plan.gradientOffsets[variable.id].map { read($0, variable.shape, image) }
  }

  private func checkImage(_ variable: Variable, _ image: Int) {
    precondition(variable.tape === tape && image < capacity, "image \(image) of a value that this executor ran")
  }

  private func checkReadable(_ variable: Variable, _ image: Int) {
    checkImage(variable, image)
    precondition(plan.holdsValue(variable), "a value of \(variable.shape) that was computed over; name it in `kept`")
  }

  private func read(_ offset: Int, _ shape: Shape, _ image: Int) -> Tensor {
    var tensor = Tensor(shape)
    tensor.values.withUnsafeMutableBufferPointer { read(offset, image, into: $0) }
    return tensor
  }

  private func read(_ offset: Int, _ image: Int, into target: UnsafeMutableBufferPointer<Float>) {
    guard let numbers = target.baseAddress else { return }
    let source = memories[image / lanesPerShard].base + offset
    readLane(source, count: target.count, lane: image % lanesPerShard, into: numbers)
  }
}
