using MLNet.Dispersion.OnnxRuntime;
using TorchSharp;

namespace MLNet.Dispersion;

/// <summary>Computes final states with ONNX Runtime, on the processor, when texts are scored.</summary>
/// <remarks>
/// <para>
/// Choosing it (<see cref="TextTransformer.ScoreWith"/>, <see cref="FineTunedModel.ScoreWith"/>, <see cref="TextFeatureExtractor.ScoreWith"/>) exports the network once, an adapter merged. From then on the weights are held twice, torch's and ONNX Runtime's;
/// while it is exported, up to twice more. Heads, whose weights are few, stay torch's, and in float32.
/// </para>
/// <para>Immutable and thread-safe; one engine may serve any number of models. Where torch computes on a GPU, states are put there.</para>
/// </remarks>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = TextEmbedder.FromPretrained(ModelSource.FromDirectory("all-MiniLM-L6-v2"));
/// model.ScoreWith(new OnnxRuntimeEngine());
/// float[][] vectors = model.Embed(["The same vectors,", "sooner."]);
/// </code>
/// </example>
public sealed class OnnxRuntimeEngine : IScoringEngine
{
    private readonly OnnxRuntimeOptions _options;

    /// <summary>Creates an engine.</summary>
    /// <param name="options">How it computes; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public OnnxRuntimeEngine(OnnxRuntimeOptions? options = null)
    {
        _options = options?.Clone() ?? new OnnxRuntimeOptions();
        _options.Validate();
    }

    /// <inheritdoc/>
    /// <exception cref="ModelFileException">The temporary folder cannot be written.</exception>
    public IStateReader Prepare(PretrainedLanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var options = new OnnxSaveOptions { Type = _options.Weights, Content = OnnxContent.HiddenStates, MaxFileBytes = _options.MaxBytesInMemory };
        var exported = new ExportedModel();
        try
        {
            model.WriteOnnx(exported, ExportedModel.FileName, options);
            return new SessionReader(exported, _options.Threads ?? torch.get_num_threads());
        }
        catch
        {
            exported.Dispose();
            throw;
        }
    }
}
