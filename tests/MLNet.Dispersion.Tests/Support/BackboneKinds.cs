namespace MLNet.Dispersion.Tests.Support;

/// <summary>Tiny models of the kinds that a task must take: a decoder with learned positions, one with rotary positions, an encoder.</summary>
internal static class BackboneKinds
{
    private static readonly Lazy<string> Llama = new(() =>
    {
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-kinds-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        using PretrainedLanguageModel model = TinyLlama.Create();
        model.Save(folder);
        return folder;
    });

    public static TheoryData<string> Names => ["gpt2", "llama", "bert"];

    internal static ModelSource Of(string name) => name switch
    {
        "gpt2" => TinyBackbone.Backbone,
        "llama" => ModelSource.FromDirectory(Llama.Value),
        _ => TinyBert.Backbone,
    };
}
