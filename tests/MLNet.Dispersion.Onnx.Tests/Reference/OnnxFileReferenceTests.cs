using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>The models of which the reference exported ONNX files: ours give what onnxruntime gave for theirs, under the same names.</summary>
public sealed class OnnxFileReferenceTests : ReferenceTests
{
    private const string Key = "onnx";

    /// <summary>Absolute; the README's.</summary>
    private const double Tolerance = 2e-5;

    [SkippableFact]
    public void Run_OurFile_EqualsTheirs() => Check(Key, folder =>
    {
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Where(path => File.Exists(Path.Combine(path, "expected.safetensors"))).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            using var scratch = new Scratch();
            var golden = new GoldenTensors(folder.FileOf(name, "expected.safetensors"));
            using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder.FileOf(name, "hf")));
            model.SaveOnnx(scratch.File("model.onnx"));
            using OnnxRun ours = new(scratch.File("model.onnx")), theirs = new(folder.FileOf(name, "model.onnx"));
            folder.Case($"{name}: names and shapes", () => SameSurface(ours, theirs, folder.Json("onnx.json")));
            foreach (string given in golden.Names().Where(tensor => tensor.EndsWith(".input_ids", StringComparison.Ordinal)).Select(tensor => tensor[..^".input_ids".Length]))
            {
                folder.Case($"{name}.{given}", () =>
                {
                    Tensor Longs(string what) => tensor(golden.Longs($"{given}.{what}"), golden.Shape($"{given}.{what}"));
                    Tensor mask = Longs("attention_mask");
                    Tensor expected = golden.Tensor($"{given}.onnxruntime.logits");
                    Tensor actual = ours.Run(Longs("input_ids"), mask, golden.Contains($"{given}.token_type_ids") ? Longs("token_type_ids") : null)["logits"];
                    Near.Check("logits", expected, actual, expected.dim() == 3 ? mask : null, Tolerance);
                });
            }
        }
    }, error => error is ModelFileException or NotSupportedException);

    private static void SameSurface(OnnxRun ours, OnnxRun theirs, JsonElement facts)
    {
        Assert.NotEqual(JsonValueKind.Undefined, facts.ValueKind);
        Assert.Equal(theirs.Inputs.Order(StringComparer.Ordinal), ours.Inputs.Order(StringComparer.Ordinal));
        Assert.Equal(theirs.Outputs, ours.Outputs);
        foreach (string name in theirs.Inputs.Concat(theirs.Outputs))
        {
            Assert.Equal(theirs.ShapeOf(name), ours.ShapeOf(name));
        }
    }
}
