namespace MLNet.Dispersion.Tests;

/// <summary>Tiny backbones of the three kinds: two kinds of decoders and an encoder.</summary>
internal static class TinyBackbones
{
    private static readonly Lazy<string> Llama = new(() =>
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-llama-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using PretrainedLanguageModel model = TinyLlama.Create();
        model.Save(folder);
        return folder;
    });

    /// <summary>The backbone of a model type: gpt2, bert or llama.</summary>
    public static ModelSource Named(string modelType) => modelType switch
    {
        "gpt2" => TinyBackbone.Backbone,
        "bert" => TinyBert.Backbone,
        _ => ModelSource.FromDirectory(Llama.Value),
    };
}
