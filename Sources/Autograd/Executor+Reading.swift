// What an executor's last run left of single images.

import Kernels
import Tensors

/// A value that outlives its shard's memory: where it lies there, and where among what is kept of a shard.
struct KeptValue {
  let id: Int
  let source: Int
  let target: Int
  let count: Int

  static func list(_ kept: [Variable], _ plan: Plan) -> [KeptValue] {
    var target = 0
    return kept.map { variable in
      defer { target += variable.shape.count }
      return KeptValue(
        id: variable.id, source: plan.valueOffsets[variable.id], target: target, count: variable.shape.count)
    }
  }
}

extension Executor {
  /// One image's numbers of a value, from the last run.
  public func tensor(of variable: Variable, image: Int) -> Tensor {
    checkReadable(variable, image)
    var tensor = Tensor(variable.shape)
    tensor.values.withUnsafeMutableBufferPointer { read(value(variable, image), image, into: $0) }
    return tensor
  }

  /// Copies one image's numbers of a value, from the last run, to where there is room for them.
  public func copy(_ variable: Variable, image: Int, into target: UnsafeMutableBufferPointer<Float>) {
    checkReadable(variable, image)
    precondition(target.count == variable.shape.count, "room for \(target.count) numbers of \(variable.shape)")
    read(value(variable, image), image, into: target)
  }

  /// One image's gradient of a value, from the step just done; nil when the loss does not depend on it.
  public func gradient(of variable: Variable, image: Int) -> Tensor? {
    checkImage(variable, image)
    precondition(
      holdsGradients && plan.holdsGradient(variable),
      "a gradient of \(variable.shape) that was computed over; leave `kept` out, and read it before another run")
    guard let offset = plan.gradientOffsets[variable.id] else { return nil }
    var tensor = Tensor(variable.shape)
    let source = UnsafePointer(memories[image / lanesPerShard].base + offset)
    tensor.values.withUnsafeMutableBufferPointer { read(source, image, into: $0) }
    return tensor
  }

  private func checkImage(_ variable: Variable, _ image: Int) {
    precondition(variable.tape === tape && image < capacity, "image \(image) of a value that this executor ran")
  }

  private func checkReadable(_ variable: Variable, _ image: Int) {
    checkImage(variable, image)
    precondition(plan.holdsValue(variable), "a value of \(variable.shape) that was computed over; name it in `kept`")
  }

  /// Where an image's shard has left a value.
  private func value(_ variable: Variable, _ image: Int) -> UnsafePointer<Lanes> {
    let shard = image / lanesPerShard
    guard layout.threadsReuseMemory else { return UnsafePointer(memories[shard].base + plan.valueOffsets[variable.id]) }
    guard let kept = layout.keptValues.first(where: { $0.id == variable.id }) else {
      preconditionFailure("a value of \(variable.shape) whose memory is used again; name it in `kept`")
    }
    return UnsafePointer(results.lanes + (shard * layout.keptLanes + kept.target))
  }

  private func read(
    _ source: UnsafePointer<Lanes>, _ image: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    guard let numbers = target.baseAddress else { return }
    readLane(source, count: target.count, lane: image % lanesPerShard, into: numbers)
  }
}
