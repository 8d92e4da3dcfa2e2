using System.Text.Json.Nodes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>Reads a family's own head: whole, or not at all.</summary>
internal static class HeadReader
{
    private const string ConfigFile = "config.json";

    /// <summary>Reads the head that a model's files hold beside the network; null where they hold none.</summary>
    /// <remarks>
    /// The first of config.json's <c>architectures</c> says which it is. Where that is no class of a task, the tensors do: a head of which all are there. Tensors of a task's head that belong
    /// to none are refused, since saving would lose them for good; what is left of a head of masked tokens, on which encoders are pre-trained, is passed over where the class is the network's own or one of pre-training, and so is the name of its class where the files hold no tensor of it.
    /// </remarks>
    /// <param name="source">The files.</param>
    /// <param name="backbone">The network that was read from them.</param>
    /// <exception cref="ModelFileException">A head is named and not known, or a tensor of it is missing, surplus or of another shape, or its labels are wrong; or tensors of a head belong to none.</exception>
    internal static PretrainedHead? Read(FileSource source, LanguageBackbone backbone)
    {
        ConfigReader config = ConfigReader.Parse(source.ReadAllBytes(ConfigFile), source.Describe(ConfigFile));
        WeightFiles weights = WeightFiles.Open(source);
        var held = new HeldTensors(weights, backbone);
        HeadTask? named = backbone.Heads.Count == 0 ? null : config.Architectures.Select(HeadClasses.TaskOf).FirstOrDefault();
        RefuseUnknown(config, backbone, held);

        // Sentence encoders keep the class that they were pre-trained as, without its head (all-mpnet-base-v2 on the hub, for one).
        named = named == HeadTask.MaskedTokens && !held.HasAny(HeadTask.MaskedTokens) ? null : named;
        HeadSpec[] heads = [.. backbone.Heads.Where(head => named is null || head.Task == named)];
        HeadSpec? spec = heads.FirstOrDefault(held.Fit) ?? (named is null ? null : heads.FirstOrDefault());
        if (named is { } task && spec is null)
        {
            throw Unknown(config, backbone, held, HeadClasses.NameOf(task));
        }

        if (named is null)
        {
            held.RefuseLeftovers(spec, config);
        }

        if (spec is null)
        {
            return null;
        }

        held.Require(spec, config);
        PretrainedHead.RequirePooler(backbone, spec, problem => new ModelFileException(weights.MainFile, $"{problem} Fetch the weights again, or {held.Cure}.", spec.Output + ".weight"));
        return Fill(config, weights, backbone, spec, held);
    }

    /// <summary>The head that an adapter's files bring along (PEFT's <c>modules_to_save</c>); layers that they leave out are those of the base's own head.</summary>
    /// <param name="tensors">Its tensors, by their names without PEFT's prefix; stay the caller's.</param>
    /// <param name="task">What the files say that it is for; null where they do not.</param>
    /// <param name="backbone">The network.</param>
    /// <param name="own">The head of the base; null for none.</param>
    /// <param name="file">The file, for messages.</param>
    /// <returns>The head, with copies of the tensors; null where no head is known for the family.</returns>
    /// <exception cref="ModelFileException">Tensors are missing, surplus or of another shape.</exception>
    internal static PretrainedHead? OfAdapter(IReadOnlyDictionary<string, Parameter> tensors, HeadTask? task, LanguageBackbone backbone, PretrainedHead? own, string file)
    {
        if (backbone.Heads.Count == 0)
        {
            return null;
        }

        HeadSpec[] heads = [.. backbone.Heads.Where(head => head.Task != HeadTask.MaskedTokens && (task is null || head.Task == task))];
        HeadSpec? spec = heads.FirstOrDefault(head => tensors.Keys.All(head.Needed.Contains) && head.Needed.All(name => Value(head, name) is not null));
        if (spec is null)
        {
            string needed = string.Join(" or ", heads.Select(head => Printable.FirstTen([.. head.Needed])));
            throw new ModelFileException(file, $"It holds the head {Printable.FirstTen([.. tensors.Keys])}; that of {Printable.Name(backbone.Info.ModelType)} has {needed}. Name all of its modules in PEFT's modules_to_save and save the adapter again, or load it onto the classifier that it was trained on.");
        }

        PretrainedHead.RequirePooler(backbone, spec, problem => new ModelFileException(file, $"{problem} Load the adapter onto a base that has it.", spec.Output + ".weight"));
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        int rows = (int)Value(spec, spec.Output + ".weight")!.shape[0];
        var network = new HeadNetwork(backbone, spec, rows, isTied: false);
        foreach (var (name, parameter) in network.named_parameters())
        {
            Parameter value = Value(spec, name)!;
            if (!value.shape.SequenceEqual(parameter.shape))
            {
                throw new ModelFileException(file, $"Its shape is {Printable.Shape(value.shape)}; the head of this {Printable.Name(backbone.Info.ModelType)} has {Printable.Shape(parameter.shape)}. Load the adapter onto the base that it was trained on.", Printable.Name(name));
            }

            parameter.copy_(value);
        }

        network.to(backbone.parameters().First().device);
        network.train(backbone.training);
        return new PretrainedHead(backbone, spec, network, LabelsOf(backbone, spec, rows));

        Parameter? Value(HeadSpec head, string name) => tensors.GetValueOrDefault(name) ?? (own?.Spec.Task == head.Task ? own.Parameters.FirstOrDefault(pair => pair.Name == name).Parameter : null);
    }

    /// <summary>An adapter's files name no labels: those of the base's config.json serve where they are as many.</summary>
    private static HeadLabels LabelsOf(LanguageBackbone backbone, HeadSpec spec, int rows)
    {
        const string Labels = "id2label";
        bool serves = backbone.Config?[Labels] is JsonObject labels && labels.Count == rows;
        JsonObject config = backbone.Config?.DeepClone().AsObject() ?? [];
        foreach (string key in serves ? ["num_labels"] : (string[])["num_labels", Labels, "label2id", "problem_type"])
        {
            config.Remove(key);
        }

        return HeadLabels.Read(ConfigReader.Of(config, ConfigFile), spec.Task, rows, spec.Output);
    }

    private static PretrainedHead Fill(ConfigReader config, WeightFiles weights, LanguageBackbone backbone, HeadSpec spec, HeldTensors held)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        bool mayBeTied = spec.Task == HeadTask.MaskedTokens && config.Flag("tie_word_embeddings", true);
        bool isHeld = held.Has(spec.Output + ".weight");
        long rows = spec.Task switch
        {
            HeadTask.MaskedTokens => backbone.Info.VocabularySize,
            HeadTask.Spans => 2,
            _ => held.Rows(spec.Output + ".weight"),
        };
        HeadLabels labels = HeadLabels.Read(config, spec.Task, (int)rows, $"{weights.MainFile}, tensor '{spec.Output}.weight',");
        var network = new HeadNetwork(backbone, spec, rows, isTied: !isHeld);
        if (network.IsTied && network.Width != backbone.TokenEmbeddingWeight!.shape[1])
        {
            throw new ModelFileException(weights.MainFile, $"The head of masked tokens gives {network.Width} features to the token embedding, which has {backbone.TokenEmbeddingWeight!.shape[1]}. Use the config.json that belongs to these weights.", spec.Output);
        }

        held.Fill(network);
        if (isHeld && mayBeTied && network.Last!.Weight.eq(backbone.TokenEmbeddingWeight!).all().item<bool>())
        {
            // A copy of the embedding, to which the config.json ties it.
            HeadNetwork tied = new(backbone, spec, rows, isTied: true);
            held.Fill(tied);
            network.Dispose();
            network = tied;
        }

        network.to(backbone.parameters().First().device);
        network.train(backbone.training);
        return new PretrainedHead(backbone, spec, network, labels);
    }

    /// <summary>A head must not be lost without a word: that of a class that is known elsewhere, in a family without heads, nor that of a class that is known nowhere, such as <c>BertForMultipleChoice</c>.</summary>
    private static void RefuseUnknown(ConfigReader config, LanguageBackbone backbone, HeldTensors held)
    {
        if (backbone is not (DecoderNetwork or EncoderNetwork))
        {
            return;
        }

        string? name = backbone.Heads.Count == 0 ? config.Architectures.FirstOrDefault(name => HeadClasses.TaskOf(name) is not (null or HeadTask.MaskedTokens)) : null;
        name ??= config.Architectures.Take(1).FirstOrDefault(name => HeadClasses.IsUnknownTask(name) && !Known(backbone).Contains(name));
        if (name is not null)
        {
            throw Unknown(config, backbone, held, name);
        }
    }

    /// <summary>The classes that are known for a network.</summary>
    private static IEnumerable<string> Known(LanguageBackbone backbone) => backbone.Heads.Select(head => Class(backbone, head))
        .Concat(backbone.FamilyName is { } family ? [family, HeadClasses.Bare(family)] : []).Distinct();

    /// <summary>The class of a network with a head.</summary>
    private static string Class(LanguageBackbone backbone, HeadSpec head) => backbone.FamilyName is { } family ? HeadClasses.Of(head, family) : HeadClasses.NameOf(head.Task);

    private static ModelFileException Unknown(ConfigReader config, LanguageBackbone backbone, HeldTensors held, string name) => config.Wrong(
        "architectures",
        $"names {Printable.Name(name)}, a head that is not known for {Printable.Name(backbone.Info.ModelType)} (known: {string.Join(", ", Known(backbone))}). Take a model of one of these, or {held.Cure}");

    /// <summary>The tensors of heads that files hold, under the names that specs have.</summary>
    private sealed class HeldTensors
    {
        private readonly WeightFiles _weights;
        private readonly LanguageBackbone _backbone;
        private readonly Dictionary<string, (string Shard, SafetensorsEntry Entry)> _entries = new(StringComparer.Ordinal);

        internal HeldTensors(WeightFiles weights, LanguageBackbone backbone)
        {
            (_weights, _backbone) = (weights, backbone);
            foreach (var (shard, entry) in weights.Entries)
            {
                string name = backbone.ParameterName(entry.Name);
                if (backbone.Heads.Any(head => head.Owns(name)) && !_entries.TryAdd(name, (shard, entry)))
                {
                    throw new ModelFileException(weights.Describe(shard), $"The checkpoint holds '{Printable.Name(name)}' twice, under different names. Write the checkpoint again.", Printable.Name(entry.Name));
                }
            }
        }

        /// <summary>How the network is loaded without a head, as the rest of a sentence: tensors of a head are found again where no class is named.</summary>
        internal string Cure => _entries.Count == 0 ? "remove 'architectures' from config.json to load the network alone" : "load the network alone with BackboneRegistry.Load";

        internal bool Has(string name) => _entries.ContainsKey(name);

        /// <summary>Whether there is any tensor of a task's heads.</summary>
        internal bool HasAny(HeadTask task) => _entries.Keys.Any(name => _backbone.Heads.Any(head => head.Task == task && head.Owns(name)));

        /// <summary>Whether all of a head's tensors are there, and none that it has no place for.</summary>
        internal bool Fit(HeadSpec spec) => Missing(spec).Length == 0 && Surplus(spec).Length == 0;

        internal void Require(HeadSpec spec, ConfigReader config)
        {
            string[] missing = Missing(spec), surplus = Surplus(spec);
            if (spec.Task == HeadTask.MaskedTokens && !Has(spec.Output + ".weight") && !config.Flag("tie_word_embeddings", true))
            {
                missing = [.. missing, spec.Output + ".weight"];
            }

            if (missing.Length > 0 || surplus.Length > 0)
            {
                throw new ModelFileException(_weights.MainFile, $"Of the head that config.json's architectures name, {Printable.Name(string.Join(", ", config.Architectures))}, {Listed(missing, "missing")} and {Listed(surplus, "surplus")}. Fetch both files from the same place, or {Cure}.");
            }
        }

        /// <summary>Refuses tensors of heads that a network without a named head, or with the one that fits, would leave behind.</summary>
        /// <param name="spec">The head of which all tensors are there; null for none.</param>
        /// <param name="config">The config.json.</param>
        internal void RefuseLeftovers(HeadSpec? spec, ConfigReader config)
        {
            // Pre-training leaves its head on encoders, in whole or in part; it is no task's, and is looked for only where the files say nothing of what they are.
            bool isPretraining = spec is not null || config.Architectures.Take(1).Any(name => name == Bare || HeadClasses.IsPretraining(name));
            string[] left = [.. _entries.Keys.Where(name => spec?.Owns(name) != true && _backbone.Heads.Any(head => (!isPretraining || head.Task != HeadTask.MaskedTokens) && head.Owns(name)))];
            if (left.Length == 0)
            {
                return;
            }

            string architectures = config.Architectures.Count == 0 ? "name no class" : $"name {Printable.Name(string.Join(", ", config.Architectures))}";
            string problem;
            if (spec is null)
            {
                HeadSpec nearest = Nearest(left);
                problem = $"The weights hold {Printable.FirstTen(left)}, and config.json's architectures {architectures}. That is no whole head: of the nearest, {Class(_backbone, nearest)}, {Listed(Missing(nearest), "missing")} and {Listed(Surplus(nearest), "surplus")}.";
            }
            else
            {
                problem = $"Beside the head of {Class(_backbone, spec)} the weights hold {Printable.FirstTen(left)}, and config.json's architectures {architectures}, so that one of the two would be lost.";
            }

            throw new ModelFileException(_weights.MainFile, $"{problem} Fetch both files from the same place, name the class of the head in architectures, or {Cure}.");
        }

        internal long Rows(string name)
        {
            var (shard, entry) = _entries[name];
            return entry.Shape.Count == 2 && entry.Shape[0] is > 0 and <= int.MaxValue ? entry.Shape[0] : throw new ModelFileException(_weights.Describe(shard), $"Its shape is {Printable.Shape(entry.Shape)}; it must be a matrix of a row for each label. Fetch the weights again.", Printable.Name(entry.Name));
        }

        /// <summary>Reads the values.</summary>
        internal void Fill(HeadNetwork network)
        {
            var targets = new Dictionary<string, Tensor>(StringComparer.Ordinal);
            foreach (var (name, parameter) in network.named_parameters())
            {
                var (shard, entry) = _entries[name];
                BackboneWeights.CheckEntry(_weights.Describe(shard), entry, parameter.shape);
                targets[entry.Name] = parameter;
            }

            _weights.Read(name => targets.GetValueOrDefault(name));
        }

        private string? Bare => _backbone.FamilyName is { } family ? HeadClasses.Bare(family) : null;

        /// <summary>The head that lacks, and has too much of, the fewest tensors.</summary>
        private HeadSpec Nearest(string[] tensors) => _backbone.Heads.Where(head => tensors.Any(head.Owns)).MinBy(head => Missing(head).Length + Surplus(head).Length)!;

        private string[] Missing(HeadSpec spec) => [.. spec.Needed.Where(name => !Has(name))];

        private string[] Surplus(HeadSpec spec) => [.. _entries.Keys.Where(name => spec.Owns(name)).Except(spec.Needed).Except(Optional(spec))];

        private static string[] Optional(HeadSpec spec) => spec.Task == HeadTask.MaskedTokens ? [spec.Output + ".weight", spec.Output + ".bias"] : [];

        private static string Listed(string[] names, string what) => names.Length == 0 ? $"no tensor is {what}" : $"{Printable.FirstTen([.. names])} {(names.Length == 1 ? "is" : "are")} {what}";
    }
}
