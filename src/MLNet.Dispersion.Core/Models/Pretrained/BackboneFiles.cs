using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The language model's part of a saved fine-tuned model: whole, whole with an adapter beside it, or an adapter that names its base.</summary>
internal static class BackboneFiles
{
    /// <summary>Writes the model.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="model">The model.</param>
    /// <param name="saving">What to write of a model with an adapter.</param>
    internal static void Save(FileSink sink, PretrainedLanguageModel model, AdapterSaving saving)
    {
        bool adapted = model.Backbone.Adapter is not null;
        if (!adapted || saving == AdapterSaving.Everything)
        {
            model.SaveBase(sink);
        }

        if (adapted)
        {
            model.SaveAdapter(sink);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote, in evaluation mode.</summary>
    /// <param name="saved">Where from.</param>
    /// <param name="device">Where to.</param>
    /// <param name="saving">How it was saved.</param>
    /// <exception cref="ModelFileException">Files are missing or damaged, or the base is not found or another one.</exception>
    internal static PretrainedLanguageModel Load(ModelSource saved, Device? device, out AdapterSaving saving)
    {
        FileSource source = saved.Source;
        saving = AdapterSaving.Everything;
        if (!PeftFiles.AreIn(source))
        {
            return PretrainedLanguageModel.Load(saved, device);
        }

        AdapterBase identity = AdapterBase.Read(source);
        saving = source.Contains("config.json") ? AdapterSaving.Everything : AdapterSaving.AdapterOnly;
        ModelSource backbone = saving == AdapterSaving.Everything ? saved : AdapterBases.Find(identity, AdapterBase.Describe(source));
        var model = PretrainedLanguageModel.Load(backbone, device);
        try
        {
            model.Origin = identity;
            model.LoadAdapter(source);
            model.Backbone.Adapter!.Options.Saving = saving;
            if (identity.Merged)
            {
                model.MergeAdapter();
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
