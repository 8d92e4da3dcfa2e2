using MLNet.Dispersion.Tests.Reference;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Onnx;

/// <summary>Every family as an ONNX file: ONNX Runtime gives the reference's numbers, whole, padded on either side, and token by token behind keys and values.</summary>
public sealed class OnnxFamilyReferenceTests : ReferenceTests
{
    private const string Key = "hf/families";

    /// <summary>Absolute, of logits and states: ten times what the folder's README measured between float32 and float64, and less than the 1e-4.</summary>
    private const double Tolerance = 1e-4;

    [SkippableFact]
    public void Run_PaddedOnEitherSideOrShort_EqualsTheReference() => Each((folder, model, scratch) =>
    {
        using PretrainedLanguageModel language = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
        language.SaveOnnx(scratch.File("model.onnx"));
        using var run = new OnnxRun(scratch.File("model.onnx"));
        Dictionary<string, Tensor> outputs = run.Run(model.Ids, model.Mask, model.Integers("token_type_ids"));

        string name = model.IsCausal ? "logits" : "last_hidden_state";
        Near.Check(name, model.Tensors.Tensor(name), outputs[name], model.Mask, Tolerance);
        if (model.Tensors.Contains("pooler_output"))
        {
            Near.Check("pooler_output", model.Tensors.Tensor("pooler_output"), outputs["pooler_output"], null, Tolerance);
        }

        if (model.Tensors.Contains("left.logits"))
        {
            Tensor mask = model.Integers("left.attention_mask")!.to(ScalarType.Bool);
            Near.Check("left.logits", model.Tensors.Tensor("left.logits"), run.Run(model.Integers("left.input_ids")!, mask)["logits"], mask, Tolerance);
        }

        if (model.Tensors.Contains("short.logits"))
        {
            Near.Check("short.logits", model.Tensors.Tensor("short.logits"), run.Run(model.Integers("short.input_ids")!)["logits"], null, Tolerance);
        }
    });

    [SkippableFact]
    public void Run_TokenByToken_WritesTheReferenceTokens() => Each((folder, model, scratch) =>
    {
        if (!model.IsCausal)
        {
            return;
        }

        using PretrainedLanguageModel language = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
        if (language.Backbone.Architecture!.Spec.Block.Attention.Rotary?.Scaling is LongRopeScaling)
        {
            Assert.Contains("longrope", Assert.Throws<NotSupportedException>(() => language.SaveOnnx(scratch.File("model.onnx"), new() { HasPast = true })).Message, StringComparison.Ordinal);
            return;
        }

        language.SaveOnnx(scratch.File("model.onnx"), new() { HasPast = true });
        using var run = new OnnxRun(scratch.File("model.onnx"));
        long[] greedy = model.Tensors.Longs("greedy");
        int given = model.Figures.GetProperty("greedy").GetProperty("prompt_tokens").GetInt32();
        var text = new OnnxText(run, 1);
        List<long> written = [.. greedy[..given]];
        Tensor logits = text.Read(tensor(greedy[..given], 1, given));
        while (true)
        {
            long next = logits[0, -1].argmax().item<long>();
            written.Add(next);
            if (written.Count == greedy.Length)
            {
                break;
            }

            logits = text.Read(tensor([next], 1, 1));
        }

        Assert.Equal(greedy, written);
    });

    [SkippableFact]
    public void Run_InPartsPaddedOnTheLeft_EqualsTheWhole() => Each((folder, model, scratch) =>
    {
        if (!model.Tensors.Contains("left.logits"))
        {
            return;
        }

        using PretrainedLanguageModel language = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
        if (language.Backbone.Architecture!.Spec.Block.Attention.Rotary?.Scaling is LongRopeScaling or DynamicRopeScaling)
        {
            // What is read later changes the earlier states.
            return;
        }

        language.SaveOnnx(scratch.File("model.onnx"), new() { HasPast = true });
        using var run = new OnnxRun(scratch.File("model.onnx"));
        Tensor ids = model.Integers("left.input_ids")!, mask = model.Integers("left.attention_mask")!;
        var text = new OnnxText(run, ids.shape[0]);
        var parts = new List<Tensor>();
        long start = 0;
        foreach (long end in new[] { ids.shape[1] / 2, ids.shape[1] - 2, ids.shape[1] - 1, ids.shape[1] })
        {
            parts.Add(text.Read(ids.narrow(1, start, end - start), mask.narrow(1, start, end - start)));
            start = end;
        }

        Near.Check("left.logits in parts", model.Tensors.Tensor("left.logits"), cat(parts, 1), mask, Tolerance);
    });

    private static void Each(Action<string, FamilyModel, Scratch> compare) => Check(Key, folder =>
    {
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            folder.Case(name, () =>
            {
                using var noGradient = no_grad();
                using var scope = NewDisposeScope();
                using var scratch = new Scratch();
                compare(folder.FileOf(name), new FamilyModel(folder.FileOf(name)), scratch);
            });
        }
    }, error => error is ModelFileException or NotSupportedException);
}
