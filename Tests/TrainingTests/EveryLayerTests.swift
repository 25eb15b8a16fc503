// Every layer, loss, optimiser and schedule is reachable from a configuration, and learns.

import Experiments
import Fields
import Foundation
import Telemetry
import Testing
import Training

@Suite struct EveryLayerTests {
  private func configuration(layers: String, training: String = "{}") throws -> Configuration {
    let text = """
      { "seed": 5, "dataset": { "name": "glyphs", "train": 200, "test": 40 },
        "model": { "layers": [ \(layers), { "type": "flatten" }, { "type": "linear", "out_features": 10 } ] },
        "training": \(training) }
      """
    return try Configuration(
      Data(text.utf8), file: "x.json", overrides: ["training.epochs=4", "training.batch_size=20"])
  }

  /// Trains, and expects the loss to have fallen; the resolved configuration must read back as itself.
  private func expectLearning(_ configuration: Configuration, _ label: String) throws {
    let resolved = try configuration.resolvedText()
    #expect(try Configuration(resolved, file: "x.json").resolvedText() == resolved, "\(label)")
    let trainer = try Trainer(configuration, folder: nil)
    trainer.send(.finishEpoch(1))
    while trainer.status.lastEpoch?.epoch != 1 { usleep(200) }
    let first = try #require(trainer.status.lastEpoch)
    trainer.send(.run)
    while trainer.status.phase != .finished { usleep(200) }
    let last = try #require(trainer.status.lastEpoch)
    #expect(last.trainLoss < first.trainLoss, "\(label): from \(first.trainLoss) to \(last.trainLoss)")
    #expect(last.validationLoss.isFinite, "\(label)")
  }

  @Test(arguments: [
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": [4, 1], "padding": "same" }, { "type": "max_pool2d", "kernel_size": 3, "ceil_mode": true }"#,
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": [0, 1, 2, 0], "stride": 2, "dilation": 2 }, { "type": "relu" }"#,
    #"{ "type": "avg_pool2d", "kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": false }, { "type": "tanh" }"#,
    #"{ "type": "adaptive_avg_pool2d", "output_size": [7, 9] }, { "type": "layer_norm" }"#,
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 5, "stride": 2 }, { "type": "group_norm", "num_groups": 2 }, { "type": "silu" }"#,
    #"{ "type": "conv2d", "out_channels": 2, "kernel_size": 4, "stride": 4 }, { "type": "conv_transpose2d", "out_channels": 2, "kernel_size": 3, "stride": 2, "output_padding": 1 }, { "type": "gelu" }"#,
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 5, "stride": 3 }, { "type": "dropout2d", "p": 0.2 }, { "type": "elu", "alpha": 0.5 }, { "type": "leaky_relu" }"#,
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 5, "stride": 3 }, { "type": "residual", "layers": [ { "type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1 }, { "type": "batch_norm2d" }, { "type": "relu" } ] }"#,
    #"{ "type": "residual", "layers": [ { "type": "conv2d", "out_channels": 3, "kernel_size": 3, "stride": 2, "padding": 1 } ], "shortcut": [ { "type": "conv2d", "out_channels": 3, "kernel_size": 1, "stride": 2 } ] }, { "type": "gelu", "approximate": "tanh" }"#,
    #"{ "type": "flatten" }, { "type": "linear", "out_features": 20, "weight_init": { "type": "orthogonal" }, "bias_init": { "type": "constant", "value": 0.1 } }, { "type": "sigmoid" }"#,
    #"{ "type": "conv2d", "out_channels": 3, "kernel_size": 3, "weight_init": { "type": "kaiming_normal", "mode": "fan_out" } }, { "type": "softmax" }"#,
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 5, "stride": 3, "padding": 2, "padding_mode": "reflect" }, { "type": "instance_norm2d", "affine": true }, { "type": "prelu", "num_parameters": 4 }"#,
    #"{ "type": "zero_pad2d", "padding": [1, 2, 0, 1] }, { "type": "max_pool2d", "kernel_size": 2, "stride": 3, "dilation": 2 }, { "type": "linear", "out_features": 6 }, { "type": "mish" }"#,
    #"{ "type": "adaptive_max_pool2d", "output_size": [7, null] }, { "type": "layer_norm", "normalized_shape": [28] }, { "type": "hardswish" }"#,
    #"{ "type": "avg_pool2d", "kernel_size": 4 }, { "type": "upsample", "scale_factor": 2, "mode": "bilinear" }, { "type": "softplus", "beta": 2 }"#,
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 5, "stride": 3 }, { "type": "batch_norm2d", "momentum": null, "bias": false }, { "type": "relu6" }, { "type": "flatten", "start_dim": 2 }, { "type": "softmax", "dim": 2 }"#,
    #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 5, "stride": 3 }, { "type": "batch_norm2d", "track_running_stats": false, "affine": false }, { "type": "flatten" }, { "type": "group_norm", "num_groups": 8, "weight_init": { "type": "constant", "value": 0.5 } }"#,
    #"{ "type": "conv2d", "out_channels": 1, "kernel_size": 3, "bias": false, "trainable": false, "weight_init": { "type": "values", "values": [1, 0, -1, 1, 0, -1, 1, 0, -1] } }"#,
  ])
  func layersLearn(layers: String) throws {
    try expectLearning(try configuration(layers: layers), layers)
  }

  @Test(arguments: [
    #"{ "loss": { "type": "cross_entropy", "label_smoothing": 0.1 }, "clip": { "norm": 1 } }"#,
    #"{ "loss": { "type": "mse_loss" }, "optimizer": { "type": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": true } }"#,
    #"{ "loss": { "type": "bce_with_logits_loss" }, "optimizer": { "type": "rmsprop", "learning_rate": 0.001 } }"#,
    #"{ "loss": { "type": "huber_loss", "delta": 0.5 }, "optimizer": { "type": "adadelta" }, "clip": { "value": 0.5 } }"#,
    #"{ "schedule": { "type": "one_cycle", "max_lr": 0.005 } }"#,
    #"{ "schedule": { "type": "cosine", "t_max": 40, "interval": "step", "warmup": { "steps": 5 } } }"#,
    #"{ "schedule": { "type": "step", "step_size": 2, "gamma": 0.5 } }"#,
    #"{ "schedule": { "type": "plateau", "patience": 0 } }"#,
    #"{ "schedule": { "type": "multi_step", "milestones": [1, 3] } }"#,
    #"{ "schedule": { "type": "cosine_restarts", "t_0": 2 } }"#,
    #"{ "schedule": { "type": "exponential", "gamma": 0.9 } }"#,
    #"{ "schedule": { "type": "linear", "start_factor": 0.5 }, "drop_last": true, "optimizer": { "type": "nadam" } }"#,
    #"{ "schedule": { "type": "polynomial", "power": 1.5, "total_iters": 9 }, "optimizer": { "type": "adagrad" } }"#,
    #"{ "schedule": { "type": "plateau", "mode": "max" }, "optimizer": { "type": "adamw", "amsgrad": true } }"#,
    #"{ "schedule": { "type": "one_cycle", "max_lr": 0.5, "cycle_momentum": false }, "optimizer": { "type": "adadelta" } }"#,
    #"{ "loss": { "type": "l1_loss" }, "optimizer": { "type": "sgd", "learning_rate": 0.2 } }"#,
    #"{ "loss": { "type": "smooth_l1_loss", "beta": 0.2 } }"#,
    #"{ "loss": { "type": "cross_entropy", "weight": [1, 2, 1, 2, 1, 2, 1, 2, 1, 0] } }"#,
  ])
  func trainingOptionsLearn(training: String) throws {
    let layers = #"{ "type": "conv2d", "out_channels": 4, "kernel_size": 5, "stride": 3 }, { "type": "relu" }"#
    try expectLearning(try configuration(layers: layers, training: training), training)
  }

  @Test func aScheduleSetsTheRateOfEachStep() throws {
    let folder = TemporaryFolder()
    let configuration = try smallConfiguration(
      overrides: [
        #"training.schedule={"type":"step","step_size":1,"gamma":0.5,"warmup":{"steps":2,"start_factor":0.5}}"#
      ])
    let trainer = try Trainer(configuration, folder: RunFolder(configuration, path: folder.path))
    trainer.send(.run)
    while trainer.status.phase != .finished { usleep(200) }
    let rates = folder.text("metrics.jsonl").split(separator: "\n").compactMap { line in
      line.range(of: #""learning_rate":"#).map { String(line[$0.upperBound...].dropLast()) }
    }
    #expect(rates == ["0.0005", "0.00075", "0.001", "0.0005", "0.0005", "0.0005", "0.00025", "0.00025", "0.00025"])
  }

  @Test func aShapeErrorInsideABlockNamesItsPath() throws {
    let layers =
      #"{ "type": "residual", "layers": [ { "type": "relu" }, { "type": "conv2d", "out_channels": 3, "kernel_size": 40 } ] }"#
    let complaint =
      "x.json: model.layers[0].layers[1].kernel_size: conv2d of 1×28×28 and 3×40×40: the kernel covers 40×40 but the padded input is only 28×28"
    do {
      _ = try configuration(layers: layers)
      Issue.record("no error")
    } catch { #expect("\(error)" == complaint) }
  }
}
