using MLNet.Dispersion.Hub;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Backbones;

/// <summary>Fills a backbone's parameters: from a checkpoint, or at random.</summary>
internal static class BackboneWeights
{
    private const int NamesInMessage = 10;

    /// <summary>Reads every parameter from the checkpoint's files.</summary>
    internal static void Load(CausalLMBackbone backbone, CheckpointSource source)
    {
        using var noGradient = no_grad();
        var missing = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        var files = WeightFiles.Of(source);
        var surplus = new List<string>();
        foreach (string file in files)
        {
            source.Read(file, stream => LoadFile(backbone, new SafetensorsReader(stream, source.Describe(file)), missing, surplus));
        }

        if (missing.Count > 0 || surplus.Count > 0)
        {
            throw new CheckpointException(
                source.Describe(files[0]),
                $"{Listing(missing.Keys, "missing")}; {Listing(surplus, "surplus")}. The weights are not those of the {backbone.Info.ModelType} in config.json: fetch both from the same place.");
        }
    }

    /// <summary>Draws every parameter.</summary>
    internal static void Initialise(CausalLMBackbone backbone, double range, Generator generator)
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in backbone.named_parameters())
        {
            if (parameter.dim() >= 2)
            {
                parameter.normal_(0, range * backbone.InitializerScale(name), generator);
            }
            else
            {
                parameter.fill_(name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0);
            }
        }
    }

    private static void LoadFile(CausalLMBackbone backbone, SafetensorsReader reader, Dictionary<string, Parameter> missing, List<string> surplus)
    {
        while (reader.MoveNext() is { } entry)
        {
            if (missing.Remove(backbone.ParameterName(entry.Name), out Parameter? parameter))
            {
                reader.CopyTo(parameter);
            }
            else if (!backbone.IsIgnorable(entry.Name))
            {
                surplus.Add(entry.Name);
            }
        }
    }

    private static string Listing(IReadOnlyCollection<string> names, string what)
    {
        string listed = string.Join(", ", names.Order(StringComparer.Ordinal).Take(NamesInMessage));
        return names.Count == 0 ? $"no tensor is {what}" : $"{names.Count} tensors are {what} ({listed}{(names.Count > NamesInMessage ? ", …" : "")})";
    }
}
