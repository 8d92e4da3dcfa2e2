using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests;

/// <summary>Texts that are read on, behind the keys and values of an ONNX file.</summary>
internal sealed class OnnxText
{
    private readonly OnnxRun _run;
    private Dictionary<string, Tensor> _past;
    private Tensor? _mask;

    public OnnxText(OnnxRun run, long rows)
    {
        _run = run;
        _past = run.Inputs.Where(name => name.StartsWith("past_key_values.", StringComparison.Ordinal)).ToDictionary(
            name => name,
            name => zeros(rows, run.ShapeOf(name)[1], 0, run.ShapeOf(name)[3]),
            StringComparer.Ordinal);
        Assert.NotEmpty(_past);
    }

    /// <summary>The logits of the next tokens of each row.</summary>
    public Tensor Read(Tensor ids, Tensor? mask = null)
    {
        Tensor read = mask ?? ones_like(ids);
        _mask = _mask is null ? read : cat([_mask, read], 1);
        Dictionary<string, Tensor> outputs = _run.Run([("input_ids", ids), ("attention_mask", _mask), .. _past.Select(pair => (pair.Key, (Tensor?)pair.Value))]);
        _past = _past.Keys.ToDictionary(name => name, name => outputs[name.Replace("past_key_values", "present", StringComparison.Ordinal)], StringComparer.Ordinal);
        return outputs["logits"];
    }
}
