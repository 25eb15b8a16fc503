// Single operations under the clock, each on a tape of its own.

import Autograd
import Layers
import Tensors
import Workers

/// Measures the layers of a model one by one.
struct OperationBench {
  let workload: String
  let batch: Int
  let pool: WorkerPool
  let seconds: Double

  func rows(_ layers: [any LayerConfiguration], input: Shape, classes: Int) throws -> [Benchmark.Row] {
    let model = try Sequential(layers, input: input, seed: 1)
    var rows: [Benchmark.Row] = []
    for (index, layer) in model.layers.enumerated() {
      let shape = index == 0 ? input : model.outputShapes[index - 1]
      switch layer {
      case let layer as Conv2d:
        rows += try matrixRows(layer, shape, weight: layer.weight, bias: layer.bias) {
          try conv2d($0, weight: $1, bias: $2, options: layer.options)
        }
      case let layer as Linear:
        rows += try matrixRows(layer, shape, weight: layer.weight, bias: layer.bias) {
          try linear($0, weight: $1, bias: $2)
        }
      case is Flatten: break
      default:
        let times = try measure(shape, wantsInputGradient: true) { try layer.forward($0) }
        rows.append(row(layer, "forward", times[.forward]))
        rows.append(row(layer, "backward", times[.backward]))
      }
    }
    let times = try measureLoss(classes)
    rows.append(row("loss", "cross_entropy", "forward", times[.forward], 0))
    rows.append(row("loss", "cross_entropy", "backward", times[.backward], 0))
    return rows
  }

  /// Forward, input gradient and weight gradient, told apart by what is asked for.
  private func matrixRows(
    _ layer: any Layer, _ shape: Shape, weight: Parameter, bias: Parameter?,
    _ build: (Variable, Parameter, Parameter?) throws -> Variable
  ) throws -> [Benchmark.Row] {
    let fixed = Parameter(weight.name, weight.tensor, isTrainable: false)
    let fixedBias = bias.map { Parameter($0.name, $0.tensor, isTrainable: false) }
    let input = try measure(shape, wantsInputGradient: true) { try build($0, fixed, fixedBias) }
    let weights = try measure(shape, wantsInputGradient: false) { try build($0, weight, bias) }
    let count = input.multiplyAdds
    return [
      row(layer.name, layer.kind, "forward", input[.forward], count),
      row(layer.name, layer.kind, "input gradient", input[.backward], count),
      row(layer.name, layer.kind, "weight gradient", weights[.backward, .wholeBatch], count),
    ]
  }

  private func row(_ layer: any Layer, _ pass: String, _ timings: Timings) -> Benchmark.Row {
    row(layer.name, layer.kind, pass, timings, 0)
  }

  private func row(_ part: String, _ kind: String, _ pass: String, _ timings: Timings, _ count: Int) -> Benchmark.Row {
    Benchmark.Row(
      workload: workload, part: part, kind: kind, pass: pass, batch: batch, timings: timings, multiplyAdds: count)
  }

  /// Steps under the clock: seconds of each pass, and the multiply-adds of one of them.
  private struct Measured {
    let steps: [[OperationTime]]
    let threads: Int
    let multiplyAdds: Int

    /// Wall-clock time, as far as the threads share the work evenly.
    subscript(_ passes: OperationTime.Pass...) -> Timings {
      Timings(
        steps.map { step in
          step.filter { passes.contains($0.pass) }.reduce(0) { $0 + $1.seconds } / Double(threads)
        })
    }
  }

  private func measure(
    _ shape: Shape, wantsInputGradient: Bool, _ build: (Variable) throws -> Variable
  ) throws -> Measured {
    let tape = Tape()
    let x = wantsInputGradient ? tape.inputWithGradient(shape) : tape.input(shape)
    let y = try build(x)
    let operations = tape.operationCount
    let source = TensorBatch([GradientCheck.noise(Shape([batch] + shape.dimensions), seed: 1)])
    return run(tape, loss: try y.flattened.sum(), source, operations: operations)
  }

  private func measureLoss(_ classes: Int) throws -> Measured {
    let tape = Tape()
    let logits = tape.inputWithGradient([classes])
    let loss = try crossEntropy(logits, labels: tape.input([]))
    let labels = Tensor([batch], (0..<batch).map { Float($0 % classes) })
    let source = TensorBatch([GradientCheck.noise([batch, classes], seed: 1), labels])
    return run(tape, loss: loss, source, operations: 1)
  }

  /// Measures the first operations of a tape; the others only make a loss of their output.
  private func run(_ tape: Tape, loss: Variable, _ source: TensorBatch, operations: Int) -> Measured {
    let executor = Executor(tape, loss: loss, capacity: batch, pool: pool)
    var steps: [[OperationTime]] = []
    let clock = ContinuousClock()
    _ = Timings.collect(seconds: seconds) {
      clock.measure {
        let times = executor.timed(source, context: StepContext(isTraining: true), backward: true)
        steps.append(times.filter { $0.node < operations })
      }.inSeconds
    }
    return Measured(
      steps: Array(steps.dropFirst(2)), threads: pool.threads,
      multiplyAdds: batch * executor.multiplyAdds(backward: false))
  }
}
