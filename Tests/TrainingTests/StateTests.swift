// A run's state as a value: taken anywhere, restored anywhere, it goes on to the same bits.

import Datasets
import Experiments
import Fields
import Foundation
import Layers
import Optimizers
import Telemetry
import Tensors
import Testing
import Workers

@testable import Training

/// Numbers that a test draws from, the same every time.
private struct Draws {
  private let random: RandomStream
  private var drawn = 0

  init(seed: UInt64) { random = RandomStream(seed: seed, purpose: .split) }

  mutating func next(below limit: Int) -> Int {
    drawn += 1
    return min(limit - 1, Int(random.uniform(drawn) * Float(limit)))
  }
}

@Suite struct StateTests {
  /// A layer of each type, for an image of any shape.
  static let layers: [String: String] = [
    "conv2d": #""out_channels": 4, "kernel_size": 3, "padding": 1"#,
    "conv_transpose2d": #""out_channels": 3, "kernel_size": 2"#, "linear": #""out_features": 6"#,
    "max_pool2d": #""kernel_size": 2, "stride": 1"#, "avg_pool2d": #""kernel_size": 2, "stride": 1"#,
    "adaptive_avg_pool2d": #""output_size": 5"#, "adaptive_max_pool2d": #""output_size": 5"#,
    "batch_norm2d": #""momentum": null"#, "layer_norm": "", "group_norm": #""num_groups": 1"#, "instance_norm2d": "",
    "relu": "", "relu6": "", "leaky_relu": "", "prelu": "", "elu": "", "gelu": "", "silu": "", "mish": "",
    "hardswish": "", "softplus": "", "sigmoid": "", "tanh": "", "softmax": "", "log_softmax": "",
    "dropout": #""p": 0.3"#, "dropout2d": #""p": 0.3"#, "flatten": #""start_dim": 3"#, "zero_pad2d": #""padding": 1"#,
    "upsample": #""scale_factor": 2"#, "residual": #""layers": [ { "type": "batch_norm2d" }, { "type": "dropout" } ]"#,
  ]
  static let optimizers: [String: String] = [
    "sgd": #""momentum": 0.9, "nesterov": true"#, "adam": #""amsgrad": true"#, "adamw": "",
    "rmsprop": #""momentum": 0.5, "centered": true"#, "adadelta": "", "adagrad": "", "nadam": "",
  ]
  static let schedules: [String: String] = [
    "constant": "", "step": #""step_size": 1"#, "multi_step": #""milestones": [1, 2]"#, "exponential": #""gamma": 0.9"#,
    "linear": "", "polynomial": "", "cosine": #""t_max": 7, "interval": "step""#, "cosine_restarts": #""t_0": 1"#,
    "one_cycle": #""max_lr": 0.002"#, "plateau": #""patience": 0, "threshold": 0.5"#,
  ]

  private static func object(_ type: String, _ options: String) -> String {
    #"{ "type": "\#(type)"\#(options.isEmpty ? "" : ", ")\#(options) }"#
  }

  /// The configuration of a number: each layer, optimiser and schedule comes round, in ever other company.
  private static func configuration(
    _ number: Int, _ draws: inout Draws, overrides: [String] = []
  ) throws -> Configuration {
    func pick(_ table: [String: String], _ place: Int) -> String {
      let type = table.keys.sorted()[place % table.count]
      return object(type, table[type] ?? "")
    }
    var layers = [
      object("conv2d", #""out_channels": 4, "kernel_size": 5, "stride": 3"#), pick(StateTests.layers, number),
    ]
    for _ in 0..<2 { layers.append(pick(StateTests.layers, draws.next(below: 1000))) }
    layers += [object("flatten", ""), object("linear", #""out_features": 10"#)]
    var schedule = pick(schedules, number)
    // Adadelta and Adagrad have no momentum to cycle.
    let optimizer = pick(optimizers, number / 3)
    if schedule.contains("one_cycle"), optimizer.contains("adadelta") || optimizer.contains("adagrad") {
      schedule = object("one_cycle", #""max_lr": 0.002, "cycle_momentum": false"#)
    }
    let text = """
      { "seed": \(number), "dataset": { "name": "glyphs", "train": 90, "test": 520 },
        "model": { "layers": [ \(layers.joined(separator: ", ")) ] },
        "training": { "epochs": 3, "batch_size": 32, "optimizer": \(optimizer), "schedule": \(schedule) } }
      """
    return try Configuration(Data(text.utf8), file: "\(number).json", overrides: overrides)
  }

  /// One of them, for other tests: three steps an epoch, three epochs.
  static func anyConfiguration(_ number: Int, overrides: [String] = []) throws -> Configuration {
    var draws = Draws(seed: UInt64(number))
    return try configuration(7 * number, &draws, overrides: overrides)
  }

  @Test func everyTypeIsAmongThoseTried() {
    #expect(Set(StateTests.layers.keys) == Set(layerTypes.types))
    #expect(Set(StateTests.optimizers.keys) == Set(optimizerTypes.types))
    #expect(Set(StateTests.schedules.keys) == Set(scheduleTypes.types))
  }

  /// Three steps an epoch, then two pieces of validation.
  @Test(arguments: 0..<8)
  func restoredInAFreshLoopARunGoesOnToTheSameBits(part: Int) throws {
    let dataset = try Glyphs(seed: 1).dataset(train: 90, test: 520)
    let pool = WorkerPool(threads: 2)
    var draws = Draws(seed: UInt64(part))
    for number in stride(from: part, to: 200, by: 8) {
      let configuration = try StateTests.configuration(number, &draws)
      let loop = try TrainingLoop(configuration, dataset: dataset, pool: pool)
      for _ in 0..<draws.next(below: 11) { _ = loop.advance() }
      let state = loop.state()
      let expected = (0..<6).map { _ in loop.advance() }
      let end = loop.state()

      let fresh = try TrainingLoop(configuration, dataset: dataset, pool: pool)
      for _ in 0..<draws.next(below: 7) { _ = fresh.advance() }
      fresh.restore(state)
      #expect(fresh.state() == state, "\(number)")
      #expect((0..<6).map { _ in fresh.advance() } == expected, "\(number)")
      #expect(fresh.state() == end, "\(number)")
      // Back again, in the loop that went on.
      loop.restore(state)
      #expect(loop.advance() == expected[0], "\(number)")
    }
  }
}
