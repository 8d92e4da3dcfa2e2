using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Fills a backbone's parameters: from a checkpoint, or at random.</summary>
internal static class BackboneWeights
{
    /// <summary>Reads every parameter from the checkpoint's files: all of them, or an exception.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="source">The files.</param>
    /// <param name="matrices">What reads the matrices that stay in blocks, by their names in the files.</param>
    internal static void Load(LanguageBackbone backbone, FileSource source, IReadOnlyDictionary<string, Func<BlockMatrix>> matrices)
    {
        using var noGradient = no_grad();
        var parameters = backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        var weights = WeightFiles.Open(source);
        weights.RefuseMixture();
        Check(weights, backbone, parameters.ToDictionary(pair => pair.Key, pair => pair.Value.shape));
        string? tied = HeadAlone(weights, backbone) is null && backbone.TiedHeadName is { } name ? name + ".weight" : null;
        using Tensor? repeated = tied is null ? null : TiedHead(weights, tied, backbone.TokenEmbeddingWeight!);
        Func<string, string?> nameOf = Naming(weights, backbone);
        weights.Read(tensor => tensor == tied ? repeated : nameOf(tensor) is { } parameter && !matrices.ContainsKey(tensor) ? parameters[parameter] : null);
        foreach (var (tensor, read) in matrices)
        {
            if (tensor != tied && nameOf(tensor) is { } target)
            {
                backbone.Context.Blocks.Put(parameters[target], read());
            }
        }

        if (repeated is not null && repeated.ne(backbone.TokenEmbeddingWeight!).any().item<bool>())
        {
            Untie(backbone, repeated);
        }
    }

    /// <summary>Room for a head that the config.json ties to the embedding and that the file holds all the same; null where it does not.</summary>
    private static Tensor? TiedHead(WeightFiles weights, string name, Parameter table)
    {
        var (shard, entry) = weights.Entries.FirstOrDefault(pair => pair.Entry.Name == name);
        if (entry is null)
        {
            return null;
        }

        CheckEntry(weights.Describe(shard), entry, table.shape);
        return empty_like(table, requires_grad: false);
    }

    /// <summary>Where the two differ, both are as the file has them, whatever the config.json says.</summary>
    private static void Untie(LanguageBackbone backbone, Tensor head)
    {
        var layer = new ProjectionLayer(backbone.Context, head.shape[1], head.shape[0], hasBias: false);
        layer.Weight.copy_(head);
        layer.Weight.DetachFromDisposeScope();
        backbone.HeadInstead = layer;
        backbone.Untie();
    }

    /// <summary>Reads some parameters from files that <see cref="Check"/> was content with.</summary>
    internal static void Fill(WeightFiles weights, LanguageBackbone backbone, IReadOnlyDictionary<string, Parameter> parameters)
    {
        using var noGradient = no_grad();
        Func<string, string?> nameOf = Naming(weights, backbone);
        weights.Read(tensor => nameOf(tensor) is { } parameter ? parameters.GetValueOrDefault(parameter) : null);
    }

    /// <summary>Says which parameter a file's tensor is for; null for none.</summary>
    private static Func<string, string?> Naming(WeightFiles weights, LanguageBackbone backbone)
    {
        string? head = HeadAlone(weights, backbone);
        return tensor => tensor == head ? backbone.TableName + ".weight" : backbone.IsIgnorable(tensor) ? null : backbone.ParameterName(tensor);
    }

    /// <summary>The tensor of a tied head in files that leave out the embedding: of two tensors that share their memory, safetensors' own writer keeps one, which may be the head.</summary>
    private static string? HeadAlone(WeightFiles weights, LanguageBackbone backbone)
    {
        if (backbone.TiedHeadName is not { } name || backbone.TableName is not { } table)
        {
            return null;
        }

        string head = name + ".weight";
        IEnumerable<string> tensors = weights.Entries.Select(pair => pair.Entry.Name);
        return tensors.Contains(head) && !tensors.Any(tensor => !backbone.IsIgnorable(tensor) && backbone.ParameterName(tensor) == table + ".weight") ? head : null;
    }

    /// <summary>Draws every parameter.</summary>
    internal static void Initialise(LanguageBackbone backbone, double range, Generator generator)
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in backbone.named_parameters())
        {
            if (parameter.dim() >= 2)
            {
                Draw(backbone, name, parameter, range, generator);
            }
            else
            {
                parameter.FillInPlace(name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0);
            }
        }

        foreach (FeatureNorm norm in backbone.modules().OfType<FeatureNorm>())
        {
            norm.Reset();
        }
    }

    /// <summary>Draws one matrix anew, as <see cref="Initialise"/> does.</summary>
    internal static void Draw(LanguageBackbone backbone, string name, Parameter parameter, double range, Generator generator)
    {
        using var noGradient = no_grad();
        parameter.normal_(0, range * backbone.InitializerScale(name), generator);
    }

    /// <summary>Holds the files against the parameters that a backbone has, before any value is read, so that the message can name everything that is wrong.</summary>
    /// <param name="weights">The files.</param>
    /// <param name="backbone">The backbone.</param>
    /// <param name="shapes">The shapes of all its parameters by name.</param>
    internal static void Check(WeightFiles weights, LanguageBackbone backbone, IReadOnlyDictionary<string, long[]> shapes)
    {
        var missing = shapes.Keys.ToHashSet(StringComparer.Ordinal);
        var surplus = new List<string>();
        Func<string, string?> nameOf = Naming(weights, backbone);
        foreach (var (shard, entry) in weights.Entries)
        {
            string file = weights.Describe(shard);
            if (nameOf(entry.Name) is not { } name)
            {
                continue;
            }

            if (!shapes.TryGetValue(name, out long[]? shape))
            {
                surplus.Add(entry.Name);
                continue;
            }

            if (!missing.Remove(name))
            {
                throw new ModelFileException(file, $"The checkpoint holds parameter '{Printable.Name(name)}' twice, under different names. Write the checkpoint again.", Printable.Name(entry.Name));
            }

            CheckEntry(file, entry, shape);
        }

        if (SharedPrefix(missing, surplus) is { } prefix)
        {
            throw new ModelFileException(weights.MainFile, $"The tensors' names begin with '{Printable.Name(prefix)}', as a wrapper such as torch.compile or DataParallel writes them. Save the model that was wrapped (in Python model.{Printable.Name(prefix.TrimEnd('.'))}), or take the prefix off the names.");
        }

        if (missing.Count > 0 || surplus.Count > 0)
        {
            throw new ModelFileException(
                weights.MainFile,
                $"{Listing(missing, "missing")}; {Listing(surplus, "surplus")}. The weights are not those of the {Printable.Name(backbone.Info.ModelType)} in config.json: fetch both from the same place.");
        }
    }

    /// <summary>What stands in front of every surplus name, where the missing ones are the same without it; null where there is no such thing.</summary>
    private static string? SharedPrefix(HashSet<string> missing, List<string> surplus)
    {
        string? prefix = surplus.Count < missing.Count || missing.Count == 0 ? null : missing.Where(name => surplus[0].Length > name.Length && surplus[0].EndsWith(name, StringComparison.Ordinal)).Select(name => surplus[0][..^name.Length]).FirstOrDefault();
        return prefix is not null && surplus.All(name => name.StartsWith(prefix, StringComparison.Ordinal)) && missing.All(name => surplus.Contains(prefix + name)) ? prefix : null;
    }

    internal static void CheckEntry(string file, SafetensorsEntry entry, long[] shape)
    {
        if (!SafetensorsTypes.IsFloatingPoint(entry.DataType))
        {
            throw new ModelFileException(file, $"It holds {SafetensorsTypes.CodeOf(entry.DataType)} numbers: quantised weights are not supported. Use the original checkpoint with F32, F16 or BF16 weights.", Printable.Name(entry.Name));
        }

        if (!entry.Shape.SequenceEqual(shape))
        {
            throw new ModelFileException(file, $"Its shape is {Printable.Shape(entry.Shape)}, but config.json asks for {Printable.Shape(shape)}. Use the config.json that belongs to these weights.", Printable.Name(entry.Name));
        }
    }

    private static string Listing(IReadOnlyCollection<string> names, string what) => names.Count == 0
        ? $"no tensor is {what}"
        : $"{names.Count} tensors are {what} ({Printable.FirstTen([.. names.Order(StringComparer.Ordinal)])})";
}
