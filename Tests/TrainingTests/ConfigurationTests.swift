// Configurations: defaults, overrides, and a sentence for everything that can be wrong.

import Experiments
import Fields
import Foundation
import Optimizers
import Telemetry
import Testing
import Training

@Suite struct ConfigurationTests {
  private func complaint(_ text: String, _ overrides: [String] = []) -> String {
    do {
      _ = try Configuration(Data(text.utf8), file: "x.json", overrides: overrides)
      return "no error"
    } catch { return "\(error)" }
  }

  private func withLayer(_ layer: String) -> String {
    #"{"model":{"layers":[\#(layer),{"type":"flatten"},{"type":"linear","out_features":10}]}}"#
  }

  @Test func everyComplaintNamesFilePathFoundAndExpected() {
    let cases: [(String, String)] = [
      ("{", "x.json: is not valid JSON: expected a key in quotes, found the end of the text at line 1, column 2"),
      ("{\n  \"name\": lenet\n}", #"x.json: is not valid JSON: expected a value, found "l" at line 2, column 11"#),
      ("[1]", "x.json: found an array of 1, expected an object { … }"),
      ("{}", "x.json: model.layers: is missing; expected an array of at least one layer"),
      (#"{"model":{"layers":[]}}"#, "x.json: model.layers: is empty; expected an array of at least one layer"),
      (
        withLayer(#"{"type":"conv2d","out_channels":4,"kernal_size":3,"kernel_size":3}"#),
        #"x.json: model.layers[0].kernal_size: is not a known key; did you mean "kernel_size"?"#
      ),
      (
        withLayer(#"{"type":"conv2d","out_channels":"4","kernel_size":3}"#),
        #"x.json: model.layers[0].out_channels: found "4", expected a whole number from 1 to 65536"#
      ),
      (
        withLayer(#"{"type":"conv2d","out_channels":4,"kernel_size":[3]}"#),
        "x.json: model.layers[0].kernel_size: found an array of 1, expected a whole number from 1 to 65536, or two of them as [rows, columns]"
      ),
      (
        withLayer(#"{"type":"conv2d","out_channels":4,"kernel_size":40}"#),
        "x.json: model.layers[0].kernel_size: conv2d of 1×28×28 and 4×40×40: the kernel covers 40×40 but the padded input is only 28×28"
      ),
      (
        withLayer(#"{"type":"conv2d","out_channels":4,"kernel_size":3,"groups":2}"#),
        "x.json: model.layers[0].groups: conv2d of 1×28×28 and 4×3×3: groups (2) must divide 1 input and 4 output channels"
      ),
      (
        withLayer(#"{"type":"conv3d"}"#),
        #"x.json: model.layers[0].type: found "conv3d", expected one of "conv2d", "conv_transpose2d", "linear", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "batch_norm2d", "layer_norm", "group_norm", "instance_norm2d", "relu", "relu6", "leaky_relu", "prelu", "elu", "gelu", "silu", "mish", "hardswish", "softplus", "sigmoid", "tanh", "softmax", "log_softmax", "dropout", "dropout2d", "flatten", "zero_pad2d", "upsample", "residual"; did you mean "conv2d"?"#
      ),
      (
        #"{"model":{"layers":[{"type":"linear","out_features":10}]}}"#,
        #"x.json: model.layers[0]: the model's output has shape 1×28×10, expected 10: one number for each class of fashion-mnist; put { "type": "flatten" } before it"#
      ),
      (
        #"{"model":{"layers":[{"type":"flatten"},{"type":"linear","out_features":7}]}}"#,
        "x.json: model.layers[1]: the model's output has shape 7, expected 10: one number for each class of fashion-mnist"
      ),
      (
        withLayer(#"{"type":"dropout","p":1.5}"#),
        "x.json: model.layers[0].p: found 1.5, expected a number from 0 to 1"
      ),
      (
        #"{"model":{"layers":[{"type":"relu","name":"a"},{"type":"relu","name":"a"},{"type":"flatten"},{"type":"linear","out_features":10}]}}"#,
        #"x.json: model.layers[1].name: two layers are called "a"; each needs a name of its own"#
      ),
    ]
    for (text, expected) in cases { #expect(complaint(text) == expected) }
  }

  @Test func complaintsAboutTheRestOfTheFile() {
    let model = #""model":{"layers":[{"type":"flatten"},{"type":"linear","out_features":10}]}"#
    let cases: [(String, String)] = [
      (
        #""dataset":{"name":"cifar"}"#,
        #"x.json: dataset.name: found "cifar", expected one of "fashion-mnist", "mnist", "glyphs""#
      ),
      (
        #""dataset":{"validation":"none"}"#,
        #"x.json: dataset.validation: found "none", expected "test" or a number of training images to hold out"#
      ),
      (
        #""dataset":{"normalize":{"mean":[1,2]}}"#,
        "x.json: dataset.normalize.mean: found 2 numbers, expected 1: one for each channel"
      ),
      (
        #""dataset":{"name":"glyphs","path":"/x"}"#,
        "x.json: dataset.path: does not apply: glyphs is drawn by the program"
      ),
      (#""training":{"epochs":-1}"#, "x.json: training.epochs: found -1, expected a whole number from 0 to 1000000"),
      (
        #""training":{"batch_size":1.5}"#,
        "x.json: training.batch_size: found 1.5, expected a whole number from 1 to 65536"
      ),
      (
        #""training":{"optimizer":{"type":"adm"}}"#,
        #"x.json: training.optimizer.type: found "adm", expected one of "adam", "adamw", "sgd", "rmsprop", "adadelta", "adagrad", "nadam"; did you mean "adam"?"#
      ),
      (
        #""training":{"optimizer":{"momentum":0.9}}"#,
        "x.json: training.optimizer.momentum: is not a known key; known keys: amsgrad, betas, eps, learning_rate, maximize, type, weight_decay"
      ),
      (
        #""training":{"optimizer":{"type":"sgd","nesterov":true}}"#,
        "x.json: training.optimizer.nesterov: needs a momentum above 0 and no dampening"
      ),
      (
        #""training":{"optimizer":{"learning_rate":1e39}}"#,
        "x.json: training.optimizer.learning_rate: found 1e+39, expected a number of at least 0 in single precision, which rounds it to inf"
      ),
      (#""training":{"shuffle":1}"#, "x.json: training.shuffle: found 1, expected true or false"),
      (
        #""dashboard":{"theme":"drak"}"#,
        #"x.json: dashboard.theme: found "drak", expected one of "auto", "dark", "light"; did you mean "dark"?"#
      ),
      (
        #""name":"../x""#,
        #"x.json: name: found "../x", expected up to 60 letters, digits, "-", "_" or ".""#
      ),
      (
        #""training":{"schedule":{"type":"multi_step","milestones":[1e30]}}"#,
        "x.json: training.schedule.milestones[0]: found 1e+30, expected a whole number from 1 to 1000000000"
      ),
      (
        #""training":{"optimizer":{"betas":[0.9,0.9999999999]}}"#,
        "x.json: training.optimizer.betas[1]: found 0.9999999999, expected a number from 0 to below 1 in single precision, which rounds it to 1.0"
      ),
      (
        #""training":{"optimizer":{"eps":1e-50}}"#,
        "x.json: training.optimizer.eps: found 1e-50, expected a number above 0 in single precision, which rounds it to 0.0"
      ),
      (
        #""dataset":{"normalize":{"std":[1e39]}}"#,
        "x.json: dataset.normalize.std[0]: found 1e+39, expected a number above 0, from 1e-30 to 1e30"
      ),
      (
        #""dataset":{"normalize":{"std":[1e-50]}}"#,
        "x.json: dataset.normalize.std[0]: found 1e-50, expected a number above 0, from 1e-30 to 1e30"
      ),
      (
        #""dataset":{"normalize":{"mean":[1e30],"std":[1e-20]}}"#,
        "x.json: dataset.normalize.mean[0]: divided by std is more than single precision holds"
      ),
      (
        #""training":{"optimizer":{"type":"adadelta"},"schedule":{"type":"one_cycle","max_lr":1}}"#,
        "x.json: training.schedule.cycle_momentum: needs an optimizer with a momentum, and adadelta has none: set it to false"
      ),
      (
        #""training":{"loss":{"type":"cross_entropy","weight":[1,2]}}"#,
        "x.json: training.loss.weight: found 2 numbers, expected 10: one for each class of fashion-mnist, not all of them 0"
      ),
      (#""name":".x""#, #"x.json: name: begins with "."; it names the run's folder"#),
      (#""seed":1,"seed":2"#, #"x.json: is not valid JSON: the key "seed" stands twice at line 1, column 11"#),
      (#""trainin":{}"#, #"x.json: trainin: is not a known key; did you mean "training"?"#),
    ]
    for (part, expected) in cases { #expect(complaint("{\(part),\(model)}") == expected) }
  }

  @Test func modelsThatCannotBeAreRefusedBeforeAnythingIsMade() {
    for (layers, expected) in [
      (
        #"{"type":"conv2d","out_channels":65536,"kernel_size":65536,"padding":65536},{"type":"conv2d","out_channels":65536,"kernel_size":65536,"padding":65536}"#,
        "x.json: model.layers[0]: conv2d of 1×28×28: 65536×65565×65565 are more than 268435456 numbers an image"
      ),
      (
        #"{"type":"conv2d","out_channels":1,"kernel_size":4096,"padding":4096}"#,
        "x.json: model.layers[0].kernel_size: conv2d of 1×28×28 and 1×4096×4096: a filter may have at most 4194304 weights, not 1×4096×4096"
      ),
      (
        #"{"type":"adaptive_avg_pool2d","output_size":65536}"#,
        "x.json: model.layers[0].output_size: adaptive_avg_pool2d of 1×28×28: 1×65536×65536 are more than 268435456 numbers an image"
      ),
      (
        #"{"type":"conv_transpose2d","out_channels":1,"kernel_size":1,"stride":65536}"#,
        "x.json: model.layers[0]: conv_transpose2d of 1×28×28: 1×1769473×1769473 are more than 268435456 numbers an image"
      ),
      (
        #"{"type":"conv_transpose2d","out_channels":2,"groups":2,"kernel_size":3}"#,
        "x.json: model.layers[0].groups: conv_transpose2d of 1×28×28 and 1×1×3×3: groups (2) must divide 1 input channels"
      ),
      (
        #"{"type":"max_pool2d","kernel_size":2,"padding":1,"dilation":29}"#,
        "x.json: model.layers[0].dilation: max_pool2d of 1×28×28 and 2×2: a window would hold nothing but padding"
      ),
      (
        #"{"type":"flatten"},{"type":"linear","out_features":8192},{"type":"linear","out_features":8192,"weight_init":{"type":"orthogonal"}}"#,
        "x.json: model.layers[2].weight_init: initialisation of 8192×8192: so many orthogonal vectors would take minutes"
      ),
      (
        #"{"type":"linear","out_features":10,"bias_init":{"type":"values","values":[1]}}"#,
        "x.json: model.layers[0].bias_init.values: initialisation of 10: 1 values were given for 10"
      ),
      (
        #"{"type":"upsample","scale_factor":65536}"#,
        "x.json: model.layers[0].scale_factor: upsample of 1×28×28: 1×1835008×1835008 are more than 268435456 numbers an image"
      ),
      (#"{"type":"linear","out_features":10,"trainable":false}"#, nothingTrains),
      (
        #"{"type":"residual","layers":[{"type":"relu","name":"a"},{"type":"relu","name":"a"}]}"#,
        #"x.json: model.layers[0].layers[1].name: two layers are called "residual1.a"; each needs a name of its own"#
      ),
      (
        #"{"type":"flatten"},{"type":"linear","name":"r.x","out_features":784},{"type":"residual","name":"r","layers":[{"type":"linear","name":"x","out_features":784}]},{"type":"linear","out_features":10}"#,
        #"x.json: model.layers: two parameters are called "r.x.weight"; rename one of their layers"#
      ),
      (
        #"{"type":"batch_norm2d","momentum":2},{"type":"flatten"}"#,
        "x.json: model.layers[0].momentum: found 2, expected a number from 0 to 1"
      ),
      (
        #"{"type":"linear","out_features":10,"weight_init":{"type":"values","values":[1e300]}}"#,
        "x.json: model.layers[0].weight_init.values[0]: found 1e+300, expected a number in single precision, which rounds it to inf"
      ),
      (
        #"{"type":"softmax","dim":0}"#,
        "x.json: model.layers[0].dim: softmax of 1×28×28: dim must be from 1 to 3, or from -3 to -1, not 0; 0 is the batch"
      ),
      (
        #"{"type":"conv2d","out_channels":2,"kernel_size":3,"padding":28,"padding_mode":"reflect"}"#,
        "x.json: model.layers[0].padding: pad2d of 1×28×28: padding_mode reflect reaches at most 27 rows and 27 columns"
      ),
    ] {
      let isWhole = expected == nothingTrains
      let text = isWhole ? #"{"type":"flatten"},\#(layers)"# : layers
      #expect(complaint(#"{"model":{"layers":[\#(text)]}}"#) == expected)
    }
  }

  private let nothingTrains =
    "x.json: model.layers: nothing in it can be trained; expected a layer with trainable parameters, or training.epochs=0 to look at it"

  @Test func aNegativeGainTurnsTheWeightsRound() {
    #expect(
      complaint(
        withLayer(
          #"{"type":"conv2d","out_channels":2,"kernel_size":3,"weight_init":{"type":"xavier_uniform","gain":-1}}"#))
        == "no error")
  }

  @Test func whatComesFromAFileReachesNoTerminalAsControl() {
    for name in ["\\u001b[2J", "\\u009b31m", "\\u202e", String(repeating: "e\\u0301", count: 60)] {
      for text in ["{\"\(name)\":1,\"model\":{\"layers\":[{\"type\":\"relu\"}]}}", "{\"name\":\"\(name)\"}"] {
        let found = complaint(text)
        #expect(found.contains("(a key)") || found.contains("found a string"), "\(text)")
        #expect(found.unicodeScalars.allSatisfy { !["\u{1b}", "\u{9b}", "\u{202e}", "\u{301}"].contains($0) })
      }
    }
  }

  @Test func layersOfOneNameAreToldApart() throws {
    let text =
      #"{"model":{"layers":[{"type":"dropout2d"},{"type":"dropout"},{"type":"conv2d","out_channels":2,"kernel_size":3},{"type":"conv_transpose2d","out_channels":2,"kernel_size":3},{"type":"flatten"},{"type":"linear","out_features":10}]}}"#
    #expect(complaint(text) == "no error")
  }

  @Test func overridesSetNumbersStringsAndListElements() throws {
    let configuration = try smallConfiguration(overrides: [
      "training.epochs=7", "name=other", "model.layers[0].out_channels=5",
      #"training.optimizer={"type":"sgd","learning_rate":0.5}"#,
    ])
    #expect(configuration.training.epochs == 7)
    #expect(configuration.name == "other")
    #expect(configuration.training.optimizer as? SGD.Options == SGD.Options(learningRate: 0.5))
    let text = String(decoding: try configuration.resolvedText(), as: UTF8.self)
    #expect(text.contains(#""out_channels" : 5"#))
  }

  @Test func anOverrideThatFitsNowhereIsRefused() {
    for (override, expected) in [
      ("epochs", "--set epochs: expected key.path=value"),
      ("=3", "--set =3: expected key.path=value"),
      ("model.layers[9].p=1", "--set model.layers[9].p=1: the configuration has no such place"),
      ("model.layers[x]=1", "--set model.layers[x]=1: [x] is not an index in brackets"),
      ("training..epochs=1", "--set training..epochs=1: the key path has an empty part"),
      ("training.epoch=1", #"x.json: training.epoch: is not a known key; did you mean "epochs"?"#),
    ] {
      #expect(
        complaint(#"{"model":{"layers":[{"type":"flatten"},{"type":"linear","out_features":10}]}}"#, [override])
          == expected)
    }
  }

  @Test func aResolvedConfigurationReadsBackAsItself() throws {
    let stock = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../configs")
      .standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: stock.path).filter { $0.hasSuffix(".json") }
    #expect(files.count >= 4)
    for name in files {
      let data = try Data(contentsOf: stock.appending(path: name))
      let resolved = try Configuration(data, file: name).resolvedText()
      #expect(try Configuration(resolved, file: name).resolvedText() == resolved)
    }
  }
}
