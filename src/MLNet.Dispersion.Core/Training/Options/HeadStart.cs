namespace MLNet.Dispersion;

/// <summary>What head the training of a classifier or regressor begins with.</summary>
public enum HeadStart
{
    /// <summary>A new linear layer on one vector of each text.</summary>
    Linear,

    /// <summary>A new head of the family's own kind, as Hugging Face's <c>ForSequenceClassification</c> class has it, such as RoBERTa's two layers on the first token: what is trained can be saved for that library.</summary>
    Family,

    /// <summary>The head that came with the model's files, which must be for the same labels: training goes on where a Hugging Face classifier ended, or a model of the same task that this library saved (<see cref="ModelSource.FromModelZip"/>).</summary>
    Pretrained,
}
