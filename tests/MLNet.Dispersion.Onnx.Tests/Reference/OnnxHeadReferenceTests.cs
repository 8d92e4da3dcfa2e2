using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Models for classes of texts and tokens, spans and masked tokens as ONNX files.</summary>
public sealed class OnnxHeadReferenceTests : ReferenceTests
{
    private const string Key = "hf/heads";
    private const double Tolerance = 1e-4;

    [SkippableFact]
    public void Run_PaddedOnEitherSideAndWithPadsInside_EqualsTheReference() => Check(Key, folder =>
    {
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            folder.Case(name, () => Compare(folder.FileOf(name)));
        }
    }, error => error is ModelFileException or NotSupportedException);

    private static void Compare(string folder)
    {
        using var scope = NewDisposeScope();
        using var scratch = new Scratch();
        using PretrainedLanguageModel model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
        model.SaveOnnx(scratch.File("model.onnx"));
        using var run = new OnnxRun(scratch.File("model.onnx"));
        var golden = new GoldenTensors(Path.Combine(folder, "expected.safetensors"));
        foreach (string kind in new[] { "", "left.", "pad_inside." }.Where(kind => golden.Contains(kind + "logits")))
        {
            Tensor ids = Longs(golden, kind + "input_ids");
            Tensor mask = golden.Contains(kind + "attention_mask") ? Longs(golden, kind + "attention_mask") : ones_like(ids);
            Dictionary<string, Tensor> outputs = run.Run(ids, mask);
            Tensor actual = outputs.TryGetValue("logits", out Tensor? logits) ? logits : stack([outputs["start_logits"], outputs["end_logits"]], -1);
            Tensor expected = golden.Tensor(kind + "logits");
            Near.Check(kind + "logits", expected, actual, expected.dim() == 3 ? mask : null, Tolerance);
        }
    }

    private static Tensor Longs(GoldenTensors golden, string name) => tensor(golden.Longs(name), golden.Shape(name));
}
